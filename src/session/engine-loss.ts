/**
 * What becomes of a session when its engine is lost: it is told, what is open on it is given up, and the build on its way is taken up once the engine
 * is back. It must not know how that is connected again (`engine-connection.ts`), nor how a build is made.
 */
import type { Notice } from '../core/model/index.js';
import type { BuildRun, Engine } from '../engine/engine.js';
import { toBxError } from '../platform/errors.js';

const TAKEN_UP_AT_MOST = 3;

export interface EngineLossOptions {
  isBuilding(): boolean;
  onLost(message: string, hint: string): void;
  /** Everything that is open on the engine is gone; its runs, which are to be given back. */
  abandon(): readonly BuildRun[];
  /** Resolves when the newest build has told its end. */
  settled(): Promise<void>;
  notify(level: Notice['level'], message: string, hint: string): void;
  build(): Promise<void>;
}

export interface EngineLoss {
  onLost(error: unknown): void;
  onBack(engine: Engine): void;
  /** Somebody asks for a build: the count begins again. */
  forget(): void;
}

export function createEngineLoss(session: EngineLossOptions): EngineLoss {
  /** How often in a row the engine was lost while it built. */
  let lostInBuild = 0;
  return {
    onLost(error) {
      const { message, hint } = toBxError(error, 'engine-lost');
      lostInBuild = session.isBuilding() ? lostInBuild + 1 : 0;
      session.onLost(message, hint ?? 'it is connected again once it is back; reload builds then');
      const abandoned = session.abandon();
      // The build on its way says by itself that the engine has gone; giving it back earlier would make it a cancelled one.
      void session.settled().then(() => Promise.allSettled(abandoned.map((run) => run.dispose())));
    },
    onBack({ summary }) {
      // What an engine dies of would be begun for ever.
      const isTakenUp = lostInBuild > 0 && lostInBuild <= TAKEN_UP_AT_MOST;
      const hint = isTakenUp ? 'the build goes on with what it keeps of it' : 'reload builds again';
      session.notify('info', `${summary.name} is back`, hint);
      if (!isTakenUp) return;
      void session
        .settled()
        .then(() => session.build())
        .catch(() => undefined);
    },
    forget() {
      lostInBuild = 0;
    },
  };
}

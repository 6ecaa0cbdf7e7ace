/** A screen with a told story and a fake session, for tests that press keys: `open` first, then `stage` and `session` are there. */
import { afterEach } from 'vitest';
import { parseDockerfile } from '../../../src/core/dockerfile/index.js';
import type { SessionCommand } from '../../../src/session/session.js';
import type { FakeSession } from '../../golden/fake-session.js';
import { openStage, type Stage, type StageOptions } from '../../golden/stage.js';
import { openShell, type StoryPoint, tellStory } from '../../golden/story.js';

export let stage: Stage;
export let session: FakeSession;

export async function open(point: StoryPoint, options: Partial<StageOptions> = {}): Promise<void> {
  const story = tellStory(point);
  session = story.session;
  stage = await openStage({ session, nowMs: story.nowMs, cols: 100, rows: 30, ...options });
}

/** The session opens a shell for each rollback, as the real one does. */
export function opensShells(): void {
  session.onExecute = (command) => {
    if (command.type !== 'step.rollback') return Promise.resolve({ process: null });
    const id = `p${session.state.processes.length + 1}`;
    openShell(session, 1, id, command.step, command.step === '10' ? 'failed' : 'after', command.user);
    session.fakeTerminal(id).print('/app # ');
    return Promise.resolve({ process: id });
  };
}

/** A shell in the failed step that has printed this. */
export function openShellOf(id: string, text: string): void {
  openShell(session, 1, id, '10', 'failed');
  session.fakeTerminal(id).print(text);
}

/** A shell that the session opens only when it is told to. */
export function opensLater(): { finish(): void } {
  const later = { finish: (): void => undefined };
  session.onExecute = () =>
    new Promise((resolve) => {
      later.finish = () => {
        openShell(session, 1, 'p1', '10', 'failed');
        resolve({ process: 'p1' });
      };
    });
  return later;
}

/** The second run of the build, of the Dockerfile that the first one had, changed. */
export function reloads(change: (text: string) => string): void {
  const { path, text: before } = session.state.generations[0]!.dockerfile;
  const text = change(before);
  const dockerfile = { path, text };
  session.emit({ type: 'generation.started', atMs: 3, generation: 2, dockerfile, plan: parseDockerfile(text), target: null });
}

export const sent = <T extends SessionCommand['type']>(type: T) =>
  session.commands.filter((command): command is Extract<SessionCommand, { type: T }> => command.type === type);

afterEach(() => stage?.handle.close());

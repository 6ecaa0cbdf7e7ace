/** The record of a session: where it goes, and what must never get into it. */
import { readFileSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { toBxError } from '../../platform/errors.js';
import { workingDirectory } from '../../platform/working-directory.js';
import type { LocalSession } from '../../session/index.js';
import {
  createRecordDirectory,
  pruneRecords,
  type Recorder,
  recordsRoot,
  startRecording,
} from '../../session/recording/index.js';
import type { BuildOptions } from '../build/build-options.js';
import { isCompletedLater } from '../build/complete-request.js';
import { awsSourceFor, withAwsKey } from '../values/cache-environment.js';
import { cacheSecrets } from '../values/cache-secrets.js';
import { SECRET_MAX_BYTES } from '../values/secret.js';
import { programVersion } from '../version.js';

/** Shorter ones are in every text. */
const MIN_SECRET_CHARS = 4;
/** Words of a name whose value nobody may see. */
const SECRET_NAME =
  /(?:^|_)(?:TOKEN|SECRET|SECRETS|PASS|PASSWD|PASSWORD|PASSPHRASE|CREDENTIAL|CREDENTIALS|AUTH|KEY|APIKEY|PAT)(?:_|$)/i;

/** The room that older records take can be looked at when the build is under way. */
const PRUNE_AFTER_MS = 5_000;

export const NO_RECORDER: Recorder = { conceal: () => undefined, finish: () => Promise.resolve() };

/** What of a build a record names, and what it keeps to itself. */
export type RecordedOptions = Pick<BuildOptions, 'root' | 'context' | 'secrets' | 'buildArgs' | 'invoke' | 'settings'>;

/** A session that cannot be recorded says so and goes on. */
export function recordSession(session: LocalSession, id: string, options: RecordedOptions): Recorder {
  const root = recordsRoot(options.root, process.env);
  const tell = (error: unknown): void => {
    const { message } = toBxError(error, 'state');
    session.post('warning', `this session is not recorded any more: ${message}`, 'it goes on; a replay ends here');
  };
  const prune = (): Promise<unknown> => pruneRecords(root).catch(() => undefined);
  let pruning: NodeJS.Timeout | null = null;
  try {
    const directory = createRecordDirectory(root, id);
    const recorder = startRecording({
      session,
      directory,
      header: {
        program: programVersion(),
        session: id,
        pid: process.pid,
        context: options.context === '.' ? basename(workingDirectory()) : options.context,
      },
      secrets: secretValues(options, process.env),
      awaitsSecrets: isCompletedLater(options.settings, process.env),
      now: Date.now,
      onFailed: tell,
      onSegment() {
        pruning ??= setTimeout(() => {
          pruning = null;
          void prune();
        }, PRUNE_AFTER_MS).unref();
      },
    });
    return {
      conceal: (values) => recorder.conceal(concealed(values)),
      async finish() {
        await recorder.finish();
        if (pruning !== null) {
          clearTimeout(pruning);
          await prune();
        }
        // One that has never reached an engine was told of in other words.
        if (session.state.engine === null) await rm(directory, { recursive: true, force: true }).catch(() => undefined);
      },
    };
  } catch (error) {
    tell(error);
    return NO_RECORDER;
  }
}

/** Of `--secret` and caches, and of build arguments and environment whose names say so; each line of several is one of its own. */
export function secretValues(options: Omit<RecordedOptions, 'root' | 'context'>, env: NodeJS.ProcessEnv): string[] {
  const assigned = (options.invoke?.env ?? []).map((text): readonly [string, string] => {
    const equals = text.indexOf('=');
    return equals < 0 ? [text, env[text] ?? ''] : [text.slice(0, equals), text.slice(equals + 1)];
  });
  const named = [...options.buildArgs, ...assigned].flatMap(([name, value]) =>
    SECRET_NAME.test(name) && value !== null ? [value] : [],
  );
  const given = options.secrets.map(({ from }) => (from.kind === 'env' ? (env[from.name] ?? '') : readSecret(from.path)));
  const awsKey = awsSourceFor(options.settings, env);
  const { cacheFrom = [], cacheTo = [] } = awsKey?.kind === 'key' ? withAwsKey(options.settings, awsKey.key) : options.settings;
  return concealed([...named, ...given, ...cacheSecrets([...cacheFrom, ...cacheTo])]);
}

function concealed(values: readonly string[]): string[] {
  return values.flatMap(linesOf).filter((value) => value.length >= MIN_SECRET_CHARS);
}

function linesOf(value: string): string[] {
  return value.split(/\r?\n/).map((line) => line.trim());
}

/** A pipe can be read once, and that is the build's. */
function readSecret(path: string): string {
  try {
    const about = statSync(path);
    return about.isFile() && about.size <= SECRET_MAX_BYTES ? readFileSync(path, 'utf8') : '';
  } catch {
    return '';
  }
}

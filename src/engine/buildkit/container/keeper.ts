/**
 * A container's silent shell, its first process or a later one, and the line to it: it lives as long as we hold its input, ends the
 * container with itself, and carries out what has to be done inside as root (signals, looking up users) without the 50 ms of a further process. Commands go one at a time.
 */
import { randomBytes } from 'node:crypto';
import type { ClientHttp2Session } from 'node:http2';
import { create } from '@bufbuild/protobuf';
import { BxError } from '../../../platform/errors.js';
import { isForeignProgram } from '../foreign-programs.js';
import { InitMessageSchema } from '../proto/gen/gateway_pb.js';
import { MetaSchema, type SecurityMode } from '../proto/gen/pb_pb.js';
import { type ExecStream, openExecStream } from './exec-stream.js';
import { commandLine, KEEPER_SCRIPT, setupLine } from './scripts.js';

const COMMAND_TIMEOUT_MS = 15_000;
/** A busy machine, or one that emulates the architecture, takes its time. */
const START_TIMEOUT_MS = 120_000;
const STDERR_KEPT_CHARS = 4_000;

export interface KeeperOptions {
  readonly h2: ClientHttp2Session;
  readonly metadata: Readonly<Record<string, string>>;
  readonly containerId: string;
  /** argv that runs a POSIX shell here: `["/bin/sh"]`, `["/.bxtui-tools/busybox", "sh"]`. */
  readonly shell: readonly string[];
  readonly security: SecurityMode;
  /** Put into the directory of ours before anything else runs. */
  readonly files: ReadonlyMap<string, string>;
  /** A shell command that runs first, and whose output is `greeting`. */
  readonly firstCommand: string;
  /** Process id of the wrapper that is the container's first process and ends with the keeper; null: the keeper is the first itself. */
  readonly firstPid: number | null;
}

export interface CommandOutcome {
  readonly status: number;
  readonly output: string;
}

export interface Keeper {
  readonly greeting: CommandOutcome;
  /** Throws `BxError('engine')` when the container is gone or does not answer. */
  run(command: string): Promise<CommandOutcome>;
  /** Resolves with the reason when the process has ended, for whatever cause. */
  readonly ended: Promise<string>;
  /** Ends its input, which ends the container. */
  close(): void;
}

/** Starts it. Throws `BxError('engine')` with the engine's words when it does not come up. */
export async function startKeeper(options: KeeperOptions, signal: AbortSignal): Promise<Keeper> {
  const nonce = randomBytes(12).toString('hex');
  let buffer = '';
  let stderr = '';
  let exit: string | null = null;
  let hasEnded = false;
  let sequence = 0;
  let waiting: { resolve(outcome: CommandOutcome): void; reject(error: Error): void } | null = null;
  let tail: Promise<unknown> = Promise.resolve();
  let markEnded: (reason: string) => void = () => {};
  const ended = new Promise<string>((resolve) => {
    markEnded = resolve;
  });
  const end = (reason: string): void => {
    if (hasEnded) return;
    hasEnded = true;
    const because = exit || lastLine(stderr) || reason;
    waiting?.reject(new BxError('engine', because));
    waiting = null;
    markEnded(because);
  };

  const stdout = new TextDecoder();
  const errors = new TextDecoder();
  const stream: ExecStream = openExecStream(
    options.h2,
    options.metadata,
    randomBytes(12).toString('hex'),
    create(InitMessageSchema, {
      ContainerID: options.containerId,
      Meta: create(MetaSchema, {
        args: [...options.shell, '-c', KEEPER_SCRIPT, 'bxtui', ...(options.firstPid === null ? [] : [String(options.firstPid)])],
        env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
        cwd: '/',
      }),
      Fds: [0, 1, 2],
      Security: options.security,
    }),
    {
      onData(fd, data) {
        if (fd === 2) {
          stderr = (stderr + errors.decode(data, { stream: true })).slice(-STDERR_KEPT_CHARS);
          // The engine says that it has ended only after its input has.
          if (buffer === '' && isForeignProgram(stderr)) stream.closeInput();
        } else {
          buffer += stdout.decode(data, { stream: true });
          readAnswer();
        }
      },
      onEof: () => {},
      onStarted: () => {},
      onExit(code, message) {
        exit = (code !== 0 && lastLine(stderr)) || message || `the container's first process ended with status ${code}`;
        // The stream may stay open for as long as we hold its input; whatever its process had to say has come or is lost.
        setTimeout(() => end(exit ?? ''), 50);
      },
      onEnd: (reason) => end(reason ?? 'the container ended'),
    },
  );

  function readAnswer(): void {
    const match = new RegExp(`(?:^|\\n)${nonce}-${sequence} (\\d+)\\n`).exec(buffer);
    if (match === null || waiting === null) return;
    const outcome = { status: Number(match[1]), output: buffer.slice(0, match.index) };
    buffer = buffer.slice(match.index + match[0].length);
    const { resolve } = waiting;
    waiting = null;
    resolve(outcome);
  }

  function send(prefix: string, command: string, timeoutMs: number): Promise<CommandOutcome> {
    if (hasEnded) return Promise.reject(new BxError('engine', exit ?? 'the container is gone'));
    sequence++;
    buffer = '';
    return new Promise<CommandOutcome>((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting = null;
        reject(new BxError('engine', 'the container does not answer'));
      }, timeoutMs);
      waiting = {
        resolve(outcome) {
          clearTimeout(timer);
          resolve(outcome);
        },
        reject(error) {
          clearTimeout(timer);
          reject(error);
        },
      };
      stream.write(Buffer.from(`${prefix}${commandLine(`${nonce}-${sequence}`, command)}\n`, 'utf8'));
    });
  }

  const close = (): void => {
    stream.closeInput();
    stream.finish();
  };
  const onAbort = (): void => {
    stream.abandon();
    end('cancelled');
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const greeting = await send(`${setupLine(options.files)}; `, options.firstCommand, START_TIMEOUT_MS);
    return {
      greeting,
      run(command) {
        const next = tail.then(() => send('', command, COMMAND_TIMEOUT_MS));
        tail = next.catch(() => undefined);
        return next;
      },
      ended,
      close,
    };
  } catch (error) {
    stream.abandon();
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1)?.trim() ?? '';
}

/**
 * A program in a container: run inside of the wrapper, whose markers tell when it started and how it ended. It must not touch the
 * container's life; that of a first process is the container's.
 */
import { randomBytes } from 'node:crypto';
import type { ClientHttp2Session } from 'node:http2';
import { create } from '@bufbuild/protobuf';
import { BxError } from '../../../platform/errors.js';
import type { ContainerProcess, ProcessExit } from '../../engine.js';
import { createOutputGate } from '../../shared/output-gate.js';
import { isForeignProgram } from '../foreign-programs.js';
import { InitMessageSchema } from '../proto/gen/gateway_pb.js';
import { MetaSchema, type SecretEnv, type SecurityMode } from '../proto/gen/pb_pb.js';
import { execChannel } from './exec-channel.js';
import { openExecStream } from './exec-stream.js';
import { createLineEndFilter, type LineEndFilter } from './line-ends.js';
import { createMarkerFilter, type Marker } from './marker-filter.js';
import { noteTyping } from './quiet.js';
import type { WrappedProgram } from './scripts.js';
import { assertSignalName } from './signals.js';

/** How long data may trail behind the engine's own word that the process is gone. */
const TRAILING_DATA_MS = 300;
const STDERR_KEPT_CHARS = 2_000;
/** Less than this never waits for a program that does not read: terminals and pipes hold it (tty_buffer.c in Linux: 64 KiB for one). */
export const UNREAD_MIN_BYTES = 16 << 10;
/** runc's last words when it cannot start a process; the wrapper speaks before any program could imitate them. */
const NOT_STARTED = /(?:exec|run) failed: .*unable to start container process/;
const hasNotStarted = (words: string): boolean => NOT_STARTED.test(words) || isForeignProgram(words);

export interface ExecContext {
  readonly h2: ClientHttp2Session;
  readonly metadata: Readonly<Record<string, string>>;
  readonly containerId: string;
  readonly security: SecurityMode;
  readonly secretEnv: readonly SecretEnv[];
}

export interface WrappedSpec extends WrappedProgram {
  readonly user: string;
  readonly cwd: string;
}

export interface OwnedProcess extends ContainerProcess {
  /** The container ended under it: resolves `exited` with that reason unless it has ended by itself. */
  lose(reason: string): void;
}

export interface WrappedProcess extends OwnedProcess {
  /** What a first process has seen around it; null for others. */
  readonly look: string | null;
  /** Resolves with the engine's reason when the wrapper itself has ended, which is after the program, and for a first process never by itself. */
  readonly wrapperEnded: Promise<string>;
  /** How much was typed into its terminal; 0 without one. */
  typedBytes(): number;
  /** Null: it has not begun. */
  wrapperPid(): number | null;
}

/** How the wrapper is started and spoken to. */
export interface Wrapping {
  /** For a random word. */
  argv(nonce: string): readonly string[];
  /** False: there is no such wrapper any more. */
  sendSignal(name: string, wrapperPid: number): Promise<boolean>;
  /** The last words have arrived: a wrapper that waits for that may end. Null: it is the container's first process and stays. */
  readonly letGo: ((wrapperPid: number) => void) | null;
}

/** Resolves when the program is about to run, or could not be found (then `exited` says so). Throws `BxError('engine')`. */
export async function startWrapped(
  context: ExecContext,
  wrapping: Wrapping,
  spec: WrappedSpec,
  signal?: AbortSignal,
): Promise<WrappedProcess> {
  const nonce = randomBytes(8).toString('hex');
  const outputs = spec.tty ? [1] : [1, 2];
  const unfinished = new Set(outputs);
  let wrapperPid: number | null = null;
  let isOver = false;
  let pending: ProcessExit | null = null;
  let engineReason = '';
  /** Set once it is known that the engine adds to the ends of lines. */
  let lineEnds: LineEndFilter | null = null;
  let stderrTail = '';
  let typed = 0;
  let look: string | null = null;
  let markWrapperEnded: (reason: string) => void = () => {};
  const wrapperEnded = new Promise<string>((resolve) => {
    markWrapperEnded = resolve;
  });

  let resolveExit: (exit: ProcessExit) => void = () => {};
  const exited = new Promise<ProcessExit>((resolve) => {
    resolveExit = resolve;
  });
  let resolveStart: () => void = () => {};
  let rejectStart: (error: Error) => void = () => {};
  const started = new Promise<void>((resolve, reject) => {
    resolveStart = resolve;
    rejectStart = reject;
  });

  const finish = (exit: ProcessExit): void => {
    if (isOver) return;
    for (const filter of filters.values()) filter.end();
    lineEnds?.end();
    isOver = true;
    gate.end(() => resolveExit(exit));
    if (exit.code === null) rejectStart(new BxError('engine', startFailure(spec, exit.reason ?? '')));
    else resolveStart();
    if (exit.code !== null && wrapping.letGo !== null) {
      stream.closeInput();
      // A terminal with unread input is to be read before nobody has it any more.
      if (spec.tty && wrapperPid !== null && typed < UNREAD_MIN_BYTES) wrapping.letGo(wrapperPid);
    }
    // Programs in the background may go on writing: their output is nobody's any more.
    stream.resume();
  };

  const onMarker = (fd: number, marker: Marker): void => {
    if (marker.letter === 'L') look = marker.text;
    else if (marker.letter === 'S') {
      const [pid, endsLines, lineFeed] = marker.text.split(';');
      wrapperPid = Number(pid);
      if (endsLines === '1' && lineFeed === '\r\r\n') lineEnds = createLineEndFilter((data) => gate.push(data));
      resolveStart();
    } else if (marker.letter === 'E') {
      const [status, pid, lookup] = marker.text.split(';');
      wrapperPid = Number(pid);
      pending ??= { code: Number(status), reason: lookup ? lookupFailure(spec.args[0] ?? '', lookup) : null };
      unfinished.delete(fd);
      if (unfinished.size === 0) finish(pending);
    }
  };
  const lost = (reason: string): ProcessExit => pending ?? { code: null, reason };

  const stream = openExecStream(
    context.h2,
    context.metadata,
    randomBytes(12).toString('hex'),
    create(InitMessageSchema, {
      ContainerID: context.containerId,
      Meta: create(MetaSchema, {
        args: [...wrapping.argv(nonce)],
        env: [...spec.env],
        user: spec.user,
        cwd: spec.cwd,
      }),
      Fds: spec.tty ? [0, 1] : [0, 1, 2],
      Tty: spec.tty,
      Security: context.security,
      secretenv: [...context.secretEnv],
    }),
    {
      onData(fd, data) {
        if (isOver) return;
        if (wrapperPid === null) stderrTail = (stderrTail + Buffer.from(data).toString('utf8')).slice(-STDERR_KEPT_CHARS);
        filters.get(fd)?.push(data);
        // An old engine (20.10) says that it has ended only after its input has.
        if (wrapperPid === null && fd === outputs.at(-1) && hasNotStarted(stderrTail)) stream.closeInput();
      },
      onEof(fd) {
        unfinished.delete(fd);
        if (unfinished.size === 0 && pending !== null) finish(pending);
      },
      onStarted: () => {},
      onExit(code, message) {
        // Not a moment earlier: a stream that ends while the engine still looks after the process fails the whole container.
        stream.finish();
        engineReason = message || `status ${code}`;
        const reason =
          wrapperPid === null
            ? stderrTail.trim() || engineReason
            : `it was killed together with the shell around it (${engineReason})`;
        markWrapperEnded(engineReason);
        setTimeout(() => finish(lost(reason)), TRAILING_DATA_MS).unref();
      },
      onEnd(reason) {
        const because = reason ?? (engineReason || 'the container ended');
        markWrapperEnded(because);
        finish(lost(because));
      },
    },
  );
  const gate = createOutputGate({
    // The word that the program has started comes on another output than its first bytes: until then nothing is held back.
    pause: () => (wrapperPid === null ? undefined : stream.pause()),
    resume: () => stream.resume(),
  });
  const filters = new Map(
    outputs.map((fd) => [
      fd,
      createMarkerFilter(
        nonce,
        (data) => {
          if (isOver) return;
          if (lineEnds === null) gate.push(data);
          else lineEnds.push(data);
        },
        (marker) => onMarker(fd, marker),
      ),
    ]),
  );
  if (spec.tty) stream.resize(spec.cols, spec.rows);

  const channel = execChannel(stream, gate, spec.tty, () => isOver);
  const process: Omit<WrappedProcess, 'look' | 'wrapperEnded'> = {
    ...channel,
    write(data, onTaken) {
      if (spec.tty && !isOver) {
        typed += data.length;
        noteTyping();
      }
      channel.write(data, onTaken);
    },
    typedBytes: () => typed,
    wrapperPid: () => wrapperPid,
    exited,
    async signal(name) {
      assertSignalName(name);
      if (isOver || wrapperPid === null) return;
      if (await wrapping.sendSignal(name, wrapperPid)) return;
      // Killed from inside. Without a tty the engine notices that only at the end of the input, and would then stop the whole container.
      setTimeout(() => finish(lost('the shell around it was killed')), TRAILING_DATA_MS).unref();
    },
    lose(reason) {
      finish(lost(reason));
      gate.discard();
      stream.abandon();
    },
  };
  const onAbort = (): void => process.lose('cancelled');
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    await started;
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
  return { ...process, look, wrapperEnded };
}

function startFailure(spec: WrappedSpec, reason: string): string {
  return `${spec.args[0] ?? 'the program'} could not be started: ${reason}`;
}

function lookupFailure(program: string, lookup: string): string {
  return lookup === '126' ? `${program} is not executable` : `${program}: no such program in this container`;
}

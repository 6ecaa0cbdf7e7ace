/**
 * A container without any shell in it: nothing can keep it alive but the program itself, so that every program gets a container of its
 * own, made from the same state, and the engine's word is all that is known of its end.
 */
import { randomBytes } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { BxError } from '../../../platform/errors.js';
import { type Container, type ContainerProcess, type ProcessExit, type ProcessSpec, RELEASED } from '../../engine.js';
import { mergeEnv } from '../../shared/env.js';
import { createOutputGate } from '../../shared/output-gate.js';
import { isForeignProgram } from '../foreign-programs.js';
import { InitMessageSchema } from '../proto/gen/gateway_pb.js';
import { MetaSchema } from '../proto/gen/pb_pb.js';
import type { ContainerFacts } from './container.js';
import { execChannel } from './exec-channel.js';
import { openExecStream } from './exec-stream.js';
import type { ExecContext, OwnedProcess } from './process.js';
import { assertSignalName } from './signals.js';

const TRAILING_DATA_MS = 300;
const STDERR_KEPT_CHARS = 2_000;

export interface BareOptions {
  readonly facts: ContainerFacts;
  readonly exec: Omit<ExecContext, 'containerId'>;
  /** More of why there is no shell, after a colon if any, and what to do. */
  readonly noShell: { readonly reason: string; readonly hint: string };
  /** Null when signals can be sent, else why not. */
  readonly noSignals: string | null;
  /** A fresh container; throws `BxError`. */
  readonly create: () => Promise<string>;
  readonly release: (id: string) => Promise<void>;
}

export function createBareContainer(options: BareOptions): Container {
  const { facts } = options;
  const running = new Map<OwnedProcess, string>();
  let isReleased = false;
  let markGone: (reason: string | null) => void = () => {};
  const gone = new Promise<string | null>((resolve) => {
    markGone = resolve;
  });
  const onConnectionClosed = (): void => markGone('the connection to the engine was lost');
  options.exec.h2.once('close', onConnectionClosed);

  return {
    ...facts,
    gone,
    async start(spec) {
      if (isReleased)
        throw new BxError('state', `container ${facts.id} is gone`, { hint: 'Roll back to the step for a new one.' });
      if (spec.args.length === 0) {
        const { reason, hint } = options.noShell;
        throw new BxError('unsupported', `there is no shell for the filesystem of step ${facts.step}${reason}`, { hint });
      }
      const id = await options.create();
      const process = await startBare(options, id, {
        ...spec,
        env: mergeEnv(facts.defaults.env, spec.env),
        user: spec.user ?? facts.defaults.user,
        cwd: spec.cwd ?? facts.defaults.cwd,
      });
      running.set(process, id);
      void process.exited.then(() => {
        running.delete(process);
        return options.release(id);
      });
      if (isReleased) process.lose(RELEASED);
      return process;
    },
    async release() {
      isReleased = true;
      options.exec.h2.off('close', onConnectionClosed);
      const ids = [...running.values()];
      for (const process of running.keys()) process.lose(RELEASED);
      await Promise.all(ids.map(options.release));
      markGone(null);
    },
  };
}

async function startBare(
  options: BareOptions,
  containerId: string,
  spec: ProcessSpec & { readonly user: string; readonly cwd: string },
): Promise<OwnedProcess> {
  const open = new Set(spec.tty ? [1] : [1, 2]);
  let exit: ProcessExit | null = null;
  let stderr = '';
  let isOver = false;
  let resolveExit: (exit: ProcessExit) => void = () => {};
  const exited = new Promise<ProcessExit>((resolve) => {
    resolveExit = resolve;
  });
  let markStarted: () => void = () => {};
  const started = new Promise<void>((resolve) => {
    markStarted = resolve;
  });

  const finish = (result: ProcessExit): void => {
    if (isOver) return;
    isOver = true;
    markStarted();
    gate.end(() => resolveExit(result));
    stream.closeInput();
    stream.finish();
    stream.resume();
  };
  const stream = openExecStream(
    options.exec.h2,
    options.exec.metadata,
    randomBytes(12).toString('hex'),
    create(InitMessageSchema, {
      ContainerID: containerId,
      Meta: create(MetaSchema, { args: [...spec.args], env: [...spec.env], user: spec.user, cwd: spec.cwd }),
      Fds: spec.tty ? [0, 1] : [0, 1, 2],
      Tty: spec.tty,
      Security: options.exec.security,
      secretenv: [...options.exec.secretEnv],
    }),
    {
      onData(_fd, data) {
        if (isOver) return;
        const isFirstWord = stderr === '';
        stderr = (stderr + Buffer.from(data).toString('utf8')).slice(-STDERR_KEPT_CHARS);
        // There is no program that input could be for, and the engine waits for its end.
        if (isFirstWord && isForeignProgram(stderr)) stream.closeInput();
        gate.push(data);
      },
      onEof(fd) {
        open.delete(fd);
        if (open.size === 0 && exit !== null) finish(exit);
      },
      onStarted: () => markStarted(),
      onExit(code, message) {
        exit = readExit(code, `${stderr}\n${message}`, spec.args[0] ?? '');
        if (open.size === 0) finish(exit);
        else setTimeout(() => finish(exit ?? { code, reason: null }), TRAILING_DATA_MS).unref();
      },
      onEnd: (reason) => finish(exit ?? { code: null, reason: reason ?? 'the engine did not say how it ended' }),
    },
  );
  const gate = createOutputGate(stream);
  if (spec.tty) stream.resize(spec.cols, spec.rows);
  await started;

  const process: ContainerProcess = {
    ...execChannel(stream, gate, spec.tty, () => isOver),
    exited,
    async signal(name) {
      assertSignalName(name);
      if (options.noSignals !== null)
        throw new BxError('unsupported', options.noSignals, { hint: 'Release the container to end it.' });
      stream.signal(name);
    },
  };
  return {
    ...process,
    lose(reason) {
      finish(exit ?? { code: null, reason });
      gate.discard();
      stream.abandon();
    },
  };
}

/** The engine reports a program that it cannot start as status 1 or 255 with runc's words; shells would say 127 and 126. */
function readExit(code: number, words: string, program: string): ProcessExit {
  const isRuncFailure = code === 1 || code === 255 || code === 127 || code === 126;
  if (isRuncFailure && /exec: .*(?:executable file not found|no such file or directory)/.test(words)) {
    return { code: 127, reason: `${program}: no such program in this container` };
  }
  if (isRuncFailure && isForeignProgram(words)) {
    return { code: 126, reason: `${program} is not for the engine's machine (exec format error)` };
  }
  if (isRuncFailure && /exec: .*permission denied/.test(words)) return { code: 126, reason: `${program} is not executable` };
  if (isRuncFailure && /runc run failed|unable to start container process|unable to find user/.test(words)) {
    return { code: null, reason: words.trim().split('\n').at(-1) ?? words };
  }
  return { code: code & 0xff, reason: null };
}

/** One program in a container: an exec of the Engine API, with a tty or not. */
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { BxError } from '../../platform/errors.js';
import type { ContainerProcess, ProcessExit } from '../engine.js';
import type { EngineApi } from '../shared/engine-api.js';
import { mergeEnv } from '../shared/env.js';
import { createOutputGate } from '../shared/output-gate.js';
import { createDemux, isMissingProgram, mayBeProgram, mayBeRefusal, NO_PROGRAM, NOT_STARTED } from './exec-output.js';

export interface ExecSpec {
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly user: string;
  readonly cwd: string;
  readonly tty: boolean;
  readonly cols: number;
  readonly rows: number;
  readonly privileged?: boolean;
}

export interface StartedExec {
  readonly process: ContainerProcess;
  /** Its container has gone. */
  lose(reason: string): void;
}

interface ExecState {
  readonly Running: boolean;
  readonly Pid: number;
  readonly ExitCode: number | null;
}

/** From this on the size of a terminal is given at its start. */
const CONSOLE_SIZE_API = 42;
const POLL_MS = 10;
const END_MS = 3_000;
/** Comes from a terminal that has its size, right before its program does. */
const READY = '\u0001';
/** How long it is waited for: what is running until then may be the shell that looks for the program. */
const READY_MS = 2_000;
const MARK = 'BXTUI_PROCESS';

/** `posixShell`: of the container. Throws `BxError('engine')` when it cannot start for another reason than that there is no such program. */
export async function startExec(api: EngineApi, container: string, posixShell: string, spec: ExecSpec): Promise<StartedExec> {
  const nonce = randomBytes(8).toString('hex');
  const isSizeGiven = Number(api.version.split('.')[1] ?? 0) >= CONSOLE_SIZE_API;
  const size = { ConsoleSize: [spec.rows, spec.cols] };
  const sized = spec.tty && !isSizeGiven;
  const { Id: id } = await api.json<{ readonly Id: string }>('POST', `/containers/${container}/exec`, {
    body: {
      ...{ AttachStdin: true, AttachStdout: true, AttachStderr: true, Tty: spec.tty },
      Cmd: sized ? inSize(posixShell, spec) : spec.args,
      Env: mergeEnv(spec.env, [`${MARK}=${nonce}`]),
      User: spec.user,
      WorkingDir: spec.cwd,
      Privileged: spec.privileged === true,
    },
  });
  const socket = await api.hijack(`/exec/${id}/start`, { Detach: false, Tty: spec.tty, ...(spec.tty && isSizeGiven && size) });
  const inspect = (): Promise<ExecState> => api.json('GET', `/exec/${id}/json`);
  const gate = createOutputGate(socket);
  let early: Uint8Array[] | null = [];
  let earlyText = '';
  let isEnded = false;
  let lostBecause: string | null = null;
  let endInput = false;

  const take = (data: Uint8Array): void => {
    if (early === null) gate.push(data);
    else {
      early.push(data);
      earlyText = Buffer.concat(early).toString('utf8', 0, 4096);
    }
  };
  socket.on('data', spec.tty ? take : createDemux(take));
  const ended = new Promise<void>((resolve) => {
    const end = (): void => {
      isEnded = true;
      resolve();
    };
    socket.once('end', end).once('close', end);
  });

  const untilMs = Date.now() + (sized ? READY_MS : 0);
  for (let isRunning = false; !isRunning && !isEnded; ) {
    if (earlyText !== '' && !mayBeRefusal(earlyText)) break;
    if (Date.now() >= untilMs) {
      const state = await inspect().catch(() => null);
      isRunning = state?.Running === true && state.Pid > 0 && mayBeProgram(earlyText);
    }
    if (!isRunning) await Promise.race([sleep(POLL_MS), ended]);
  }
  if (isEnded && NOT_STARTED.test(earlyText)) {
    const text = earlyText.trim();
    socket.destroy();
    if (!isMissingProgram(text)) throw new BxError('engine', `cannot start ${spec.args[0]}: ${text}`);
    return neverStarted(`${spec.args[0]}: no such program in this container`);
  }
  const held = sized && earlyText.startsWith(READY) ? [Buffer.concat(early).subarray(READY.length)] : early;
  early = null;
  for (const data of held) if (data.length > 0) gate.push(data);

  const exitOf = async (): Promise<ProcessExit> => {
    for (const untilMs = Date.now() + END_MS; lostBecause === null && Date.now() < untilMs; await sleep(POLL_MS)) {
      const state = await inspect().catch(() => null);
      if (state === null) return { code: null, reason: lostBecause ?? 'the container has gone' };
      if (!state.Running && state.ExitCode !== null) return { code: state.ExitCode, reason: null };
    }
    return { code: null, reason: lostBecause ?? 'the engine did not say how it ended' };
  };
  const exited = ended.then(exitOf).then(async (exit) => {
    await new Promise<void>((resolve) => gate.end(resolve));
    socket.destroy();
    return exit;
  });

  const process: ContainerProcess = {
    onData: (listener) => gate.onData(listener),
    pause: () => gate.pause(),
    resume: () => gate.resume(),
    write(data, onTaken = () => {}) {
      if (socket.writableEnded || socket.destroyed || endInput) onTaken();
      else socket.write(data, () => onTaken());
    },
    closeInput() {
      if (!endInput) socket.end();
      endInput = true;
    },
    resize(cols, rows) {
      if (!spec.tty || isEnded) return;
      void api.json('POST', `/exec/${id}/resize`, { query: { h: String(rows), w: String(cols) } }).catch(() => {});
    },
    signal: (name) => signalMarked(api, container, { posixShell, user: spec.user, nonce }, name),
    exited,
  };
  return {
    process,
    lose(reason) {
      lostBecause = reason;
      gate.discard();
      destroy(socket);
    },
  };
}

/** A terminal that has its size before the program looks at it. */
function inSize(posixShell: string, { args, cols, rows }: ExecSpec): string[] {
  const script = `stty rows ${rows} cols ${cols} 2>/dev/null; command -v "$1" >/dev/null 2>&1 || { printf '%s\\n' '${NO_PROGRAM}'; exit 127; }; printf '\\001'; exec "$@"`;
  return [posixShell, '-c', script, 'bxtui', ...args];
}

/** The API has no signal for an exec: a program and all that it has started are found by a variable that only they have. */
async function signalMarked(
  api: EngineApi,
  container: string,
  { posixShell, user, nonce }: { readonly posixShell: string; readonly user: string; readonly nonce: string },
  name: string,
): Promise<void> {
  if (!/^[A-Z0-9]+$/.test(name)) throw new BxError('usage', `there is no signal ${name}`);
  // Its own environment has another one. What is started while it looks is found by the next round.
  const round = `for d in /proc/[0-9]*; do grep -q "${MARK}=$1" "$d/environ" 2>/dev/null && kill -s "$2" "\${d#/proc/}" 2>/dev/null && n=1; done`;
  const script = `command -v grep >/dev/null 2>&1 || exit 126; n=; ${round}; [ "$2" != KILL ] || { ${round}; }; [ -n "$n" ]`;
  const args = [posixShell, '-c', script, 'bxtui', nonce, name];
  const spec = { args, env: [], cwd: '/', tty: false, cols: 80, rows: 24 };
  // Not every engine may give all rights; then it sees what is the same user's.
  const { process } = await startExec(api, container, posixShell, { ...spec, user: '0', privileged: true }).catch(() =>
    startExec(api, container, posixShell, { ...spec, user }),
  );
  process.onData(() => {});
  const { code } = await process.exited;
  if (code === 126) {
    throw new BxError('unsupported', 'this container has no grep, without which a program cannot be found to get a signal', {
      hint: 'End it from inside, or release the container.',
    });
  }
}

function neverStarted(reason: string): StartedExec {
  const nothing = { dispose() {} };
  const process: ContainerProcess = {
    onData: () => nothing,
    pause() {},
    resume() {},
    write: (_, onTaken) => onTaken?.(),
    closeInput() {},
    resize() {},
    signal: async () => {},
    exited: Promise.resolve({ code: 127, reason }),
  };
  return { process, lose() {} };
}

function destroy(socket: Socket): void {
  socket.resume();
  socket.destroy();
}

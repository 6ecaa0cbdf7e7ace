/** A program in a container of a session in another process: on this terminal, or between standard input and output. */

import type { Generation, ProcessSummary } from '../../core/model/index.js';
import { selectCurrent } from '../../core/select/index.js';
import { attachTerminal } from '../../monitor/line/attach-terminal.js';
import { createHostModes } from '../../monitor/line/host-modes.js';
import { holdingWriter, sizeOf } from '../../monitor/line/io.js';
import type { LeaveKeys } from '../../monitor/line/leave-scanner.js';
import { processEnd } from '../../monitor/line/run-to-end.js';
import { isOver, latestContainer } from '../../monitor/resolve-process.js';
import { defaultStep, resolveStep } from '../../monitor/resolve-step.js';
import { BxError } from '../../platform/errors.js';
import { keyboard } from '../../platform/keyboard.js';
import { isTypedOut } from '../../platform/lost-terminal.js';
import { printableLine } from '../../platform/printable.js';
import type { SessionCommand } from '../../session/index.js';
import type { RemoteSession } from '../../session/wire/index.js';
import { EXIT_FAILED, EXIT_HUNG_UP, EXIT_OK, EXIT_READER_GONE } from '../exit-status.js';
import { listenForInterrupts } from '../interrupts.js';

export interface ExecWish {
  readonly args: readonly string[];
  readonly env: readonly string[];
  /** Null: as the step has it. */
  readonly user: string | null;
  readonly cwd: string | null;
  /** As people write it; null: wherever a container is. */
  readonly step: string | null;
  /** No session was named, so that the first word may have been meant for one. */
  readonly isSessionGuessed: boolean;
  readonly hasTerminal: boolean;
}

/** Input that the program has not taken at most, before more is read. */
const INPUT_BYTES = 256 * 1024;
/** A shell's for a program that does not exist. */
const EXIT_NOT_FOUND = 127;

/** Leaves the session at the end. Resolves with the exit status: that of the program, 0 when it was left. Throws `BxError`. */
export async function execInSession(session: RemoteSession, wish: ExecWish, leaveKey: LeaveKeys): Promise<number> {
  const interrupts = listenForInterrupts();
  const abort = new AbortController();
  let endedBy: number | null = null;
  void interrupts.ending.then(({ exitStatus }) => {
    endedBy ??= exitStatus;
    abort.abort();
  });
  process.stdout.on('error', () => {
    endedBy ??= process.stdout.isTTY ? EXIT_HUNG_UP : EXIT_READER_GONE;
  });
  try {
    const { process: id } = await session.execute(commandFor(session, wish), abort.signal);
    if (id === null) return EXIT_FAILED;
    // As in a pipe of programs here: whoever has nobody to write to ends.
    if (!wish.hasTerminal)
      process.stdout.once('error', () => {
        const signal = { type: 'process.signal', process: id, signal: 'PIPE' } as const;
        void session.execute(signal).then(
          () => abort.abort(),
          () => abort.abort(),
        );
      });
    if (wish.hasTerminal) await onTerminal(session, id, leaveKey, abort.signal);
    else await piped(session, id, abort.signal);
    if (wish.hasTerminal && isTypedOut(keyboard())) endedBy ??= EXIT_HUNG_UP;
    const program = session.state.processes.find((candidate) => candidate.id === id);
    if (program !== undefined && isOver(program)) {
      const status = endedBy ?? statusOf(program);
      if (status === EXIT_NOT_FOUND && wish.isSessionGuessed) tellGuess(session, wish.args[0] ?? '');
      return status;
    }
    const lost = abort.signal.aborted ? null : await Promise.race([session.disconnected, isStillThere()]);
    if (lost !== null) throw lost;
    if (endedBy !== EXIT_READER_GONE)
      process.stderr.write(`${wish.hasTerminal ? '\r\n' : ''}${id} goes on in session ${session.id}\n`);
    return endedBy ?? EXIT_OK;
  } catch (error) {
    if (endedBy !== null) return endedBy;
    throw error;
  } finally {
    session.leave();
    interrupts.dispose();
  }
}

function commandFor(session: RemoteSession, wish: ExecWish): SessionCommand {
  const { args, env, user, cwd, hasTerminal: tty } = wish;
  const size = sizeOf(process.stdout);
  const program = { args, env, ...(user === null ? {} : { user }), ...(cwd === null ? {} : { cwd }), tty, size };
  const generation = selectCurrent(session.state);
  if (generation === null) throw new BxError('state', `session ${session.id} has no build yet`);
  const step = wish.step === null ? null : resolveStep(generation, wish.step).key;
  const container = step === null ? latestContainer(session.state)?.id : containerAt(session, generation, step);
  if (container !== undefined) return { type: 'process.exec', container, ...program };
  const exclusiveCaches = generation.endedAtMs === null ? 'omit' : 'mount';
  return { type: 'step.rollback', step: step ?? defaultStep(generation).key, moment: 'auto', exclusiveCaches, ...program };
}

/** The newest one of this step that is not made from the state before it ran. */
function containerAt({ state }: RemoteSession, { number }: Generation, step: string): string | undefined {
  return Object.values(state.containers).findLast(
    (container) =>
      container.generation === number &&
      container.step === step &&
      container.moment !== 'before' &&
      container.state === 'running',
  )?.id;
}

async function onTerminal(session: RemoteSession, id: string, leaveKey: LeaveKeys, signal: AbortSignal): Promise<void> {
  const modes = createHostModes();
  const { stdout: output } = process;
  await attachTerminal({ session, process: id, input: keyboard(), output, leaveKey, modes, signal, isNew: true });
}

/** Its outputs as they are, its input from ours. */
async function piped(session: RemoteSession, id: string, signal: AbortSignal): Promise<void> {
  const terminal = session.terminal(id);
  terminal.onData(holdingWriter(process.stdout, terminal));
  let isOver = false;
  const giveInput = async (): Promise<void> => {
    let untaken = 0;
    let goOn = (): void => undefined;
    for await (const chunk of process.stdin) {
      if (isOver) return;
      const data = Buffer.from(chunk as Uint8Array);
      untaken += data.length;
      terminal.write(data, () => {
        untaken -= data.length;
        goOn();
      });
      while (untaken >= INPUT_BYTES) {
        await new Promise<void>((resolve) => {
          goOn = resolve;
        });
      }
    }
  };
  const closeInput = (): void => {
    if (!isOver) terminal.closeInput?.();
  };
  void giveInput().then(closeInput, closeInput);
  await processEnd(session, terminal.process, signal);
  isOver = true;
  if (!signal.aborted) await terminal.delivered?.();
  terminal.detach();
  process.stdin.destroy();
}

function statusOf({ exitCode, reason }: ProcessSummary): number {
  if (reason !== null) process.stderr.write(`${printableLine(reason)}\n`);
  return exitCode ?? EXIT_FAILED;
}

/** Nothing else tells a mistyped id from a command. */
function tellGuess({ id }: RemoteSession, word: string): void {
  process.stderr.write(
    `${printableLine(word)} is no session either (bxtui ls lists them): it was taken for a command in session ${id}\n`,
  );
}

/** The loss of a session is known in the turn in which it shows. */
function isStillThere(): Promise<null> {
  return new Promise((resolve) => setImmediate(() => resolve(null)));
}

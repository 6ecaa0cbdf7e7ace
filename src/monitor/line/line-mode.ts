/**
 * The line-mode monitor: the `:` language at a prompt, or read from a pipe. On a terminal processes are shown raw and left by a key; from a
 * pipe they run to their end. It must not know flags, signals or exit statuses.
 */

import { selectCurrent, selectWhere } from '../../core/select/index.js';
import type { BxError } from '../../platform/errors.js';
import { toBxError } from '../../platform/errors.js';
import { printableText } from '../../platform/printable.js';
import type { Invoke } from '../../session/index.js';
import { buildEnd, isBuilding } from '../build-end.js';
import { type CommandLine, createCommandLine } from '../command-line.js';
import { describePlace } from '../place.js';
import { describeEnd, isOver, resolveProcess } from '../resolve-process.js';
import { describeSession, type MonitorSessions, type SessionDirectory, unknownId } from '../sessions.js';
import { attachTerminal } from './attach-terminal.js';
import { type HostInput, type HostOutput, type OnInterrupt, sizeOf } from './io.js';
import type { LeaveKeys } from './leave-scanner.js';
import { openShell } from './open-shell.js';
import { createHistory, createPrompt, type History, PROMPT, type Prompt } from './prompt.js';
import { runToEnd } from './run-to-end.js';
import { readScript } from './script.js';
import { createSeat, type LineSession, type Seat } from './seat.js';

export interface LineModeOptions {
  /** The session that the monitor was started with, after a build of it; null: none. */
  readonly home: LineSession | null;
  /** The sessions beside it; absent: none can be gone to. */
  readonly directory?: LineDirectory;
  /** Both streams are one terminal: a prompt. Else commands are read from `input` as they are. */
  readonly isTerminal: boolean;
  readonly input: HostInput;
  readonly output: HostOutput;
  readonly leaveKey: LeaveKeys;
  readonly invoke: Invoke | null;
  /** After which builds a shell opens by itself. */
  readonly openOn: 'error' | 'always';
  readonly now: () => number;
  readonly onInterrupt: OnInterrupt;
  /** Called before anything is printed, so that progress on another stream comes first. */
  readonly beforePrint: () => void;
  /** Absent: what is typed is kept for this run. */
  readonly history?: History;
  /** Gives the terminal back at once, whoever has it. */
  readonly signal?: AbortSignal;
}

export interface LineDirectory extends SessionDirectory {
  /** Throws `BxError`: crashed, not answering, of another version. */
  open(id: string): Promise<LineSession>;
}

/** Resolves when the person or the script is done, with what is to become of the session that it was started with. */
export function runLineMode(options: LineModeOptions): Promise<'exit' | 'detached'> {
  return new LineMode(options).run();
}

class LineMode {
  readonly #options: LineModeOptions;
  readonly #commandLine: CommandLine;
  readonly #home: Seat | null;
  /** Where the monitor is: at home, or at a session that was attached to. */
  #seat: Seat | null;
  #prompt: Prompt | null = null;
  #end: 'exit' | 'detached' | null = null;

  constructor(options: LineModeOptions) {
    this.#options = options;
    this.#home = options.home === null ? null : createSeat(options.home);
    this.#seat = this.#home;
    this.#commandLine = this.#createCommandLine();
    void this.#home?.session.ended.then(() => this.#leave('exit'));
    options.signal?.addEventListener('abort', () => this.#leave('exit'), { once: true });
    if (options.signal?.aborted) this.#leave('exit');
  }

  async run(): Promise<'exit' | 'detached'> {
    try {
      await this.#openByItself();
      await (this.#options.isTerminal ? this.#runPrompt() : this.#runScript());
    } finally {
      if (this.#seat !== this.#home) this.#seat?.leave();
    }
    return this.#end ?? 'exit';
  }

  #createCommandLine(): CommandLine {
    const { isTerminal, output, invoke, now, directory, home } = this.#options;
    const seat = (): Seat | null => this.#seat;
    return createCommandLine({
      get session() {
        return seat()?.session ?? null;
      },
      ...(directory === undefined ? {} : { sessions: this.#sessions(directory) }),
      hasTerminal: isTerminal,
      invoke,
      now,
      size: () => sizeOf(output),
      ...(isTerminal ? { textWidth: () => sizeOf(output).cols } : {}),
      attach: (process, isNew) => this.#show(process, isNew),
      exit: () => this.#leave('exit'),
      endSession: (byForce) => this.#endSession(byForce),
      ...(home?.isServed !== false ? { detach: () => this.#leave('detached') } : {}),
    });
  }

  /** The directory, and the session of this program, which is in it only where it has a process of its own. */
  #sessions(directory: LineDirectory): MonitorSessions {
    const home = this.#home;
    const ids = (): string[] => [...new Set([...directory.ids(), ...(home === null ? [] : [home.session.state.id])])];
    return {
      ids,
      list: async () => {
        const listed = await directory.list();
        const isListed = home === null || listed.some(({ id }) => id === home.session.state.id);
        return isListed ? listed : [...listed, describeSession(home.session.state)];
      },
      end: async (id) => {
        if (id !== home?.session.state.id || home.isServed) return directory.end(id);
        this.#leave('exit');
      },
      attach: (id) => this.#attachSession(id),
    };
  }

  async #runPrompt(): Promise<void> {
    const { input, output, leaveKey, history = createHistory() } = this.#options;
    const prompt = createPrompt({ input, output, leaveKey, complete: this.#commandLine.complete, history });
    this.#prompt = prompt;
    while (this.#end === null) {
      this.#options.beforePrint();
      const answer = await prompt.ask(this.#promptText());
      if (answer.kind === 'end') return;
      if (answer.kind === 'line') await this.#runLine(answer.text);
      else if (answer.kind === 'leave-key') await this.#goBack();
    }
  }

  async #runScript(): Promise<void> {
    for await (const line of readScript(this.#options.input)) {
      this.#print(this.#promptText() + line);
      await this.#runLine(line);
      if (this.#end !== null) return;
    }
  }

  #promptText(): string {
    return this.#seat === this.#home ? PROMPT : `(bxtui ${this.#seat?.session.state.id}) `;
  }

  async #runLine(line: string): Promise<void> {
    const abort = new AbortController();
    const interrupt = this.#options.onInterrupt(() => {
      abort.abort();
      const session = this.#seat?.session;
      if (session !== undefined && isBuilding(selectCurrent(session.state))) {
        void session.execute({ type: 'build.cancel' }).catch(() => undefined);
      }
    });
    const seat = this.#seat;
    const progress = seat?.follow?.();
    const before = seat === null ? undefined : selectCurrent(seat.session.state)?.number;
    try {
      const { text } = await this.#commandLine.run(line, abort.signal);
      if (text !== '') this.#print(text);
    } catch (error) {
      this.#printError(toBxError(error));
    }
    try {
      if (seat === null || seat !== this.#seat || selectCurrent(seat.session.state)?.number === before) return;
      await buildEnd(seat.session);
      await this.#openByItself();
    } finally {
      progress?.dispose();
      interrupt.dispose();
    }
  }

  /** What `--on` and `--invoke` ask for after each build. */
  async #openByItself(): Promise<void> {
    if (this.#seat === null) return;
    const { openOn, isTerminal, output } = this.#options;
    try {
      const process = await openShell({ ...this.#seat, openOn, hasTerminal: isTerminal, size: sizeOf(output) });
      if (process === null) return;
      const text = await this.#show(process, true);
      if (text !== '') this.#print(text);
    } catch (error) {
      this.#printError(toBxError(error));
    }
  }

  /** Shows a process of this session until it is over or left; returns what is to be said then. */
  async #show(id: string, isNew: boolean, firstInput?: Uint8Array): Promise<string> {
    const seat = this.#seat;
    if (seat === null) throw unknownId(id);
    const { session } = seat;
    const process = resolveProcess(session.state, id);
    const { isTerminal, leaveKey } = this.#options;
    if (isNew && process.kind === 'shell') this.#print(describePlace(session.state, process.container).join('\n'));
    if (!isTerminal || !process.tty) return this.#runToEnd(seat, id, isNew);
    if (!isOver(process)) this.#print(`${leaveKey.label} leaves ${process.id}`);
    const { input, output, signal } = this.#options;
    this.#options.beforePrint();
    const end = await attachTerminal({
      ...(signal === undefined ? {} : { signal }),
      ...{ session, process: id, input, output, leaveKey, modes: seat.modesOf(id), isNew },
      ...(firstInput === undefined ? {} : { firstInput }),
    });
    if (end === 'input-closed') this.#leave('exit');
    if (signal?.aborted) return '';
    if (end !== 'left') {
      const last = resolveProcess(session.state, id);
      // Else the session is lost, or the terminal: of the program nothing is known any more.
      return isOver(last) ? describeEnd(last) : '\r';
    }
    seat.lastLeft = id;
    return `\r\nleft ${id}; attach ${id} or ${leaveKey.label} goes back to it`;
  }

  /** The leave key at the prompt: back to the process that was left last, which gets the key itself. */
  async #goBack(): Promise<void> {
    const seat = this.#seat;
    const id = seat?.lastLeft ?? null;
    if (seat === null || id === null) return;
    const process = resolveProcess(seat.session.state, id);
    if (isOver(process)) {
      seat.lastLeft = null;
      this.#print(`${id}: ${describeEnd(process)}`);
      return;
    }
    const { bytes, second } = this.#options.leaveKey;
    this.#print(await this.#show(id, false, second === null ? bytes : undefined));
  }

  async #runToEnd({ session }: Seat, id: string, isNew: boolean): Promise<string> {
    const { output, isTerminal } = this.#options;
    const before = resolveProcess(session.state, id);
    // The shell of a session that opens it itself has a terminal, which nobody types into from a script.
    if (isNew && before.tty && before.kind === 'shell') return `${id} is open, exec runs a command beside it`;
    const abort = new AbortController();
    const interrupt = this.#options.onInterrupt(() => abort.abort());
    this.#options.beforePrint();
    try {
      // A process that goes on without end is only looked at when somebody comes back to it.
      if (!isNew) abort.abort();
      const isOutputTerminal = isTerminal || isTty(output);
      await runToEnd({ session, process: id, output, isOutputTerminal, closesInput: isNew, signal: abort.signal });
    } finally {
      interrupt.dispose();
    }
    const process = resolveProcess(session.state, id);
    const isIdleShell = process.kind === 'shell' && process.exitCode === 0;
    return isIdleShell && isNew ? `exit 0; the container is open, exec runs a command in it` : describeEnd(process);
  }

  async #attachSession(id: string): Promise<string> {
    const { directory } = this.#options;
    if (id === this.#home?.session.state.id) return this.#goHome();
    if (directory === undefined) throw unknownId(id);
    const seat = createSeat(await directory.open(id));
    if (this.#seat !== this.#home) this.#seat?.leave();
    this.#seat = seat;
    void seat.session.ended.then(() => {
      if (this.#seat !== seat) return;
      this.#prompt?.cancel();
      this.#print(`session ${id} has ended\n${this.#goHome()}`);
    });
    return `session ${id}: ${selectWhere(seat.session.state).text}; ps lists its processes`;
  }

  #goHome(): string {
    if (this.#seat !== this.#home) this.#seat?.leave();
    this.#seat = this.#home;
    if (this.#home === null) return 'no session is attached; list shows them';
    const { state } = this.#home.session;
    return `back at session ${state.id}: ${selectWhere(state).text}`;
  }

  async #endSession(byForce: boolean): Promise<string> {
    const seat = this.#seat;
    if (seat === null) return '';
    const { directory } = this.#options;
    const { id } = seat.session.state;
    if (seat === this.#home) {
      if (byForce && seat.isServed) await directory?.end(id);
      this.#leave('exit');
      return '';
    }
    this.#seat = null;
    await directory?.end(id);
    seat.leave();
    return `session ${id} ended\n${this.#goHome()}`;
  }

  #leave(how: 'exit' | 'detached'): void {
    this.#end ??= how;
    this.#prompt?.cancel();
  }

  #print(text: string): void {
    if (text === '') return;
    this.#options.beforePrint();
    this.#options.output.write(`${text}\n`);
  }

  #printError(error: BxError): void {
    const hint = error.hint === null ? '' : `\n${printableText(error.hint)}`;
    this.#print(error.code === 'cancelled' ? 'cancelled' : `ERROR: ${printableText(error.message)}${hint}`);
  }
}

function isTty(output: HostOutput): boolean {
  return (output as { isTTY?: boolean }).isTTY === true;
}

/**
 * The line-mode monitor: the `:` language at a prompt, or read from a pipe. On a terminal processes are shown raw and left by a key; from a
 * pipe they run to their end. It must not know flags, signals or exit statuses.
 */

import { selectCurrent } from '../../core/select/index.js';
import type { BxError } from '../../platform/errors.js';
import { toBxError } from '../../platform/errors.js';
import { printableText } from '../../platform/printable.js';
import type { Invoke, SessionClient } from '../../session/index.js';
import { buildEnd, isBuilding } from '../build-end.js';
import { type CommandLine, createCommandLine } from '../command-line.js';
import { describePlace } from '../place.js';
import { describeEnd, isOver, resolveProcess } from '../resolve-process.js';
import { defaultStep } from '../resolve-step.js';
import { attachTerminal, createModesTable } from './attach-terminal.js';
import { type HostInput, type HostOutput, type OnInterrupt, sizeOf } from './io.js';
import { createPrompt, PROMPT } from './prompt.js';
import { runToEnd } from './run-to-end.js';
import { readScript } from './script.js';

export interface LineModeOptions {
  readonly session: SessionClient;
  /** Both streams are one terminal: a prompt. Else commands are read from `input` as they are. */
  readonly isTerminal: boolean;
  readonly input: HostInput;
  readonly output: HostOutput;
  readonly leaveKey: { readonly label: string; readonly bytes: Uint8Array };
  readonly invoke: Invoke | null;
  /** After which builds a shell opens by itself. */
  readonly openOn: 'error' | 'always';
  readonly now: () => number;
  readonly onInterrupt: OnInterrupt;
  /** Called before anything is printed, so that progress on another stream comes first. */
  readonly beforePrint: () => void;
}

/** Begins after a build; resolves when the person or the script is done. The session is still there then. */
export function runLineMode(options: LineModeOptions): Promise<void> {
  return new LineMode(options).run();
}

class LineMode {
  readonly #options: LineModeOptions;
  readonly #session: SessionClient;
  readonly #commandLine: CommandLine;
  readonly #modesOf = createModesTable();
  #isLeaving = false;
  /** The process that the leave key goes back to. */
  #lastLeft: string | null = null;

  constructor(options: LineModeOptions) {
    const { session, isTerminal, output, invoke, now } = options;
    this.#options = options;
    this.#session = session;
    this.#commandLine = createCommandLine({
      session,
      hasTerminal: isTerminal,
      invoke,
      now,
      size: () => sizeOf(output),
      attach: (process, isNew) => this.#show(process, isNew),
      exit: () => {
        this.#isLeaving = true;
      },
    });
    void session.ended.then(() => {
      this.#isLeaving = true;
    });
  }

  async run(): Promise<void> {
    await this.#openByItself();
    await (this.#options.isTerminal ? this.#runPrompt() : this.#runScript());
  }

  async #runPrompt(): Promise<void> {
    const { input, output, leaveKey } = this.#options;
    const prompt = createPrompt({ input, output, leaveKey: leaveKey.bytes, complete: this.#commandLine.complete });
    while (!this.#isLeaving) {
      this.#options.beforePrint();
      const answer = await prompt.ask();
      if (answer.kind === 'end') return;
      if (answer.kind === 'line') await this.#runLine(answer.text);
      else if (this.#lastLeft !== null) await this.#goBack(this.#lastLeft);
    }
  }

  async #runScript(): Promise<void> {
    for await (const line of readScript(this.#options.input)) {
      this.#print(PROMPT + line);
      await this.#runLine(line);
      if (this.#isLeaving) return;
    }
  }

  async #runLine(line: string): Promise<void> {
    const { session } = this.#options;
    const abort = new AbortController();
    const interrupt = this.#options.onInterrupt(() => {
      abort.abort();
      if (isBuilding(selectCurrent(session.state))) void session.execute({ type: 'build.cancel' }).catch(() => undefined);
    });
    const before = selectCurrent(session.state)?.number;
    try {
      const { text } = await this.#commandLine.run(line, abort.signal);
      if (text !== '') this.#print(text);
    } catch (error) {
      this.#printError(toBxError(error));
    }
    try {
      if (selectCurrent(session.state)?.number === before) return;
      await buildEnd(session);
      await this.#openByItself();
    } finally {
      interrupt.dispose();
    }
  }

  /** What `--on` and `--invoke` ask for after each build. */
  async #openByItself(): Promise<void> {
    const generation = selectCurrent(this.#session.state);
    if (generation === null) return;
    const isWanted =
      generation.status === 'failed'
        ? generation.failure?.step != null
        : generation.status === 'succeeded' && this.#options.openOn === 'always';
    if (!isWanted || this.#session.state.engineStatus.kind === 'lost') return;
    const { isTerminal, output } = this.#options;
    try {
      const { process } = await this.#session.execute({
        type: 'step.rollback',
        step: defaultStep(generation).key,
        moment: 'auto',
        exclusiveCaches: 'mount',
        ...(isTerminal ? {} : { tty: false }),
        size: sizeOf(output),
      });
      if (process === null) return;
      const text = await this.#show(process, true);
      if (text !== '') this.#print(text);
    } catch (error) {
      this.#printError(toBxError(error));
    }
  }

  /** Shows a process until it is over or left; returns what is to be said then. */
  async #show(id: string, isNew: boolean, firstInput?: Uint8Array): Promise<string> {
    const process = resolveProcess(this.#session.state, id);
    const { isTerminal, leaveKey } = this.#options;
    if (isNew && process.kind === 'shell') this.#print(describePlace(this.#session.state, process.container).join('\n'));
    if (!isTerminal || !process.tty) return this.#runToEnd(id, isNew);
    if (isOver(process) && isNew) return describeEnd(process);
    if (!isOver(process)) this.#print(`${leaveKey.label} leaves ${process.id}`);
    const { session, input, output } = this.#options;
    const modes = this.#modesOf(id);
    this.#options.beforePrint();
    const end = await attachTerminal({
      ...{ session, process: id, input, output, leaveKey: leaveKey.bytes, modes },
      ...(firstInput === undefined ? {} : { firstInput }),
    });
    if (end === 'input-closed') this.#isLeaving = true;
    if (end !== 'left') return describeEnd(resolveProcess(session.state, id));
    this.#lastLeft = id;
    return `\r\nleft ${id}; attach ${id} or ${leaveKey.label} goes back to it`;
  }

  /** The leave key at the prompt: back to the process, which gets the key itself. */
  async #goBack(id: string): Promise<void> {
    const process = resolveProcess(this.#session.state, id);
    if (isOver(process)) {
      this.#lastLeft = null;
      this.#print(`${id}: ${describeEnd(process)}`);
      return;
    }
    this.#print(await this.#show(id, false, this.#options.leaveKey.bytes));
  }

  async #runToEnd(id: string, isNew: boolean): Promise<string> {
    const { session, output, isTerminal } = this.#options;
    const abort = new AbortController();
    const interrupt = this.#options.onInterrupt(() => abort.abort());
    this.#options.beforePrint();
    try {
      // A process that goes on without end is only looked at when somebody comes back to it.
      if (!isNew) abort.abort();
      await runToEnd({ session, process: id, output, isOutputTerminal: isTerminal || isTty(output), signal: abort.signal });
    } finally {
      interrupt.dispose();
    }
    const process = resolveProcess(session.state, id);
    const isIdleShell = process.kind === 'shell' && process.exitCode === 0;
    return isIdleShell && isNew ? `exit 0; the container is open, exec runs a command in it` : describeEnd(process);
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

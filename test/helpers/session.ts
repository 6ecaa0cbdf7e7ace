/** A person in front of a bxtui session: the few gestures that the end-to-end tests repeat, each waiting for what it has to bring. */
import { engineEnv } from './engines.js';
import type { Project } from './project.js';
import { type ExitStatus, type StartOptions, startTerminal, type TestTerminal } from './terminal.js';

export interface SessionOptions extends Partial<StartOptions> {
  /** Arguments before the context. */
  readonly flags?: readonly string[];
}

/** `bxtui build DIR` on a terminal; resolves when the screen stands. */
export async function openSession(project: Project, options: SessionOptions = {}): Promise<TestTerminal> {
  const terminal = startTerminal({
    cols: 120,
    rows: 40,
    ...options,
    args: ['build', ...(options.flags ?? []), project.dir],
    env: { ...engineEnv(), ...options.env },
  });
  await terminal.waitFor(/\[1\] Steps/, { what: 'the first frame' });
  return terminal;
}

/** Waits until keys go to the program in the terminal pane, and until it has said something. */
export async function shellOpens(terminal: TestTerminal, prompt: RegExp = /[#$] *(·|│|$)/m): Promise<void> {
  await terminal.waitFor((screen) => / TERMINAL +keys go to/.test(screen) && prompt.test(screen), {
    what: 'shell with a prompt',
  });
}

/** Leaves the terminal pane; normal mode is left alone. */
export async function leaveTerminal(terminal: TestTerminal): Promise<void> {
  processInFront(terminal);
  // A screen that has just come says it last.
  const screen = await terminal.waitFor(/ (?:TERMINAL|NORMAL) /);
  if (screen.includes(' TERMINAL ')) terminal.press('ctrl-]');
  await terminal.waitFor(' NORMAL ');
}

let marks = 0;

/** Types a command into the shell in front and resolves with what it printed, once it has ended. */
export async function inShell(terminal: TestTerminal, command: string): Promise<string> {
  const mark = `m${++marks}`;
  // The marks on the command line are spelled differently from those that are printed.
  terminal.type(`echo ${mark}'<'; ${command}; echo '>'${mark}`);
  terminal.press('enter');
  const ended = new RegExp(`${mark}<[\\s\\S]*>${mark}`);
  const screen = await terminal.waitFor((text) => ended.test(paneText(text)), { what: `end of ${command}` });
  return paneText(screen).split(`${mark}<`).at(-1)?.split(`>${mark}`)[0]?.trim() ?? '';
}

/**
 * The text inside the terminal pane, without frames and without what its program does not reach: below its title, between the corners of the
 * title's line.
 */
export function paneText(screen: string): string {
  const lines = screen.split('\n');
  const top = lines.findIndex((line) => line.includes('[2] Terminal'));
  const title = lines[top] ?? '';
  const at = title.indexOf('[2] Terminal');
  const left = Math.max(title.lastIndexOf('┬', at), title.lastIndexOf('┌', at), title.lastIndexOf('├', at));
  const right = title.slice(at).search(/[┬┐┤]/) + at;
  const rows: string[] = [];
  for (const line of lines.slice(top + 1)) {
    if (/[├┬└┴┼]/.test(line[left] ?? '')) break;
    rows.push(
      line
        .slice(left + 1, right)
        .replace(/·[^·]*by another screen ·$|[· ]+$/, '')
        .trimEnd(),
    );
  }
  return rows.join('\n');
}

/** Moves the cursor of the timeline to a step, by its number. */
export async function selectStep(terminal: TestTerminal, number: number): Promise<void> {
  terminal.press('char:1');
  await terminal.waitFor('▸[1] Steps');
  terminal.press('char:g');
  const isSelected = (step: number) => new RegExp(`▌ *${step} `);
  await terminal.waitFor(isSelected(1));
  for (let step = 1; step < number; step++) {
    terminal.press('char:j');
    await terminal.waitFor((screen) => !isSelected(step).test(screen), { what: `cursor below step ${step}` });
    // Lines of stages lie between the steps.
    if (!/▌ *\d+ /.test(terminal.screen())) terminal.press('char:j');
  }
  await terminal.waitFor(isSelected(number));
}

/** Goes with Enter to the shell of a step, in the state that suits it, which opens where none is open; or opens another one in one of its states by the options of `T`. */
export async function rollbackTo(
  terminal: TestTerminal,
  number: number,
  state: 'auto' | 'before' | 'after' = 'auto',
): Promise<void> {
  await leaveTerminal(terminal);
  await selectStep(terminal, number);
  const before = processInFront(terminal);
  if (state === 'auto') {
    terminal.press('enter');
  } else {
    terminal.press('char:T');
    await terminal.waitFor(`Shell in step ${number}`);
    terminal.press('right');
    if (state === 'after') terminal.press('right');
    await terminal.waitFor(state === 'before' ? '[before it ran]' : '[after it ran]');
    terminal.press('enter');
  }
  const isThere = (screen: string) => new RegExp(` TERMINAL +keys go to p\\d+ .* in #${number}\\b`).test(screen);
  const isNew = () => state === 'auto' || processInFront(terminal) !== before;
  await terminal.waitFor((screen) => isThere(screen) && isNew(), { what: `shell in step ${number}` });
  await shellOpens(terminal);
}

const frontProcesses = new WeakMap<TestTerminal, string>();

/** The process that keys went to last, by its id. */
function processInFront(terminal: TestTerminal): string {
  const id = /keys go to (p\d+)/.exec(terminal.screen())?.[1];
  if (id !== undefined) frontProcesses.set(terminal, id);
  return frontProcesses.get(terminal) ?? '';
}

/** Number of tabs in the title of the terminal pane. */
export function tabCount(terminal: TestTerminal): number {
  const title = terminal.lines().find((line) => line.includes('[2] Terminal')) ?? '';
  return (title.match(/\b\d+:#/g) ?? []).length;
}

/** Runs a line of the `:` language. */
export async function commandLine(terminal: TestTerminal, line: string): Promise<void> {
  await leaveTerminal(terminal);
  terminal.press('char::');
  await terminal.settled(50);
  terminal.type(line);
  await terminal.waitFor(line);
  terminal.press('enter');
}

/** Leaves the session running. */
export async function detach(terminal: TestTerminal): Promise<ExitStatus> {
  await leaveTerminal(terminal);
  terminal.press('char:D');
  return await terminal.waitForExit();
}

/** Ends the session without a question. */
export async function quit(terminal: TestTerminal): Promise<ExitStatus> {
  await leaveTerminal(terminal);
  terminal.press('char:Q');
  return await terminal.waitForExit();
}

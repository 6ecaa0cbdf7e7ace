/** One session on several terminals of different sizes: one program, one size, one answer. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Sessions } from '../helpers/detached.js';
import { engineEnv } from '../helpers/engines.js';
import { BASE, createProject } from '../helpers/project.js';
import { commandLine, detach, inShell, leaveTerminal } from '../helpers/session.js';
import { startTerminal, type TestTerminal } from '../helpers/terminal.js';

const FAILING = `${BASE}RUN echo partial > /partial; exit 3\n`;

let sessions: Sessions;
let id: string;
beforeEach(async () => {
  sessions = new Sessions();
  id = await sessions.detach(createProject(FAILING));
  await sessions.untilFailed();
});
afterEach(() => sessions.end());

const size = async (terminal: TestTerminal): Promise<{ rows: number; cols: number }> => {
  const [rows = 0, cols = 0] = (await inShell(terminal, 'stty size')).split(' ').map(Number);
  return { rows, cols };
};

describe('three screens of different sizes', () => {
  it('have one size for a program, each says what it is, and it grows when the smallest leaves', async () => {
    const large = await sessions.attach(id, { cols: 160, rows: 48 });
    await sessions.typeInto(large);
    const alone = await size(large);
    expect(large.screen()).not.toContain('another screen');
    const middle = await sessions.attach(id, { cols: 110, rows: 44 });
    const small = await sessions.attach(id, { cols: 80, rows: 24 });
    await small.waitFor(/FAILED exit 3/);
    await large.waitFor('set by another screen');
    const together = await size(large);
    expect(together.cols).toBeLessThan(alone.cols);
    expect(together.rows).toBeLessThan(alone.rows);
    const told = `${together.cols}x${together.rows}`;
    expect(large.screen()).toContain(`${told}, set by another screen`);
    await middle.waitFor(told);
    await small.waitFor((screen) => !screen.includes(told), { what: 'the size as its own' });
    await middle.waitFor(`${together.rows} ${together.cols}`);
    await leaveTerminal(small);
    small.press('char:1', 'char:z');
    await large.waitFor((screen) => !screen.includes(told), { what: 'the size of the middle one' });
    small.press('char:z');
    await large.waitFor(told);
    expect((await detach(small)).code).toBe(0);
    const two = await size(large);
    expect(two.cols).toBeGreaterThan(together.cols);
    await detach(middle);
    await large.waitFor((screen) => !screen.includes('another screen'), { what: 'its own size' });
    expect(await size(large)).toEqual(alone);
  });

  it('answer a program that asks its terminal something exactly once, whoever of them is there', async () => {
    const ask = "stty -icanon -echo min 0 time 10; printf '\\033[c'; dd bs=64 count=4 2>/dev/null | wc -c; stty sane";
    const first = await sessions.attach(id, { cols: 160, rows: 48 });
    await sessions.typeInto(first);
    const once = await inShell(first, ask);
    expect(Number(once)).toBeGreaterThan(3);
    const second = await sessions.attach(id, { cols: 120, rows: 40 });
    await sessions.typeInto(second);
    expect(await inShell(second, ask)).toBe(once);
    expect(await inShell(first, ask)).toBe(once);
    await detach(first);
    expect(await inShell(second, ask)).toBe(once);
  });
});

describe('a screen, the line-mode monitor and exec', () => {
  // What comes back within a second, as a count of answers.
  const ask =
    "stty -icanon -echo min 0 time 10; printf '\\033[6n'; printf '\\033'; printf '[c'; dd bs=64 count=6 2>/dev/null | tr -cd Rc | wc -c; stty sane";

  it('give one program one answer to each question', async () => {
    const screen = await sessions.attach(id, { cols: 160, rows: 48 });
    await sessions.typeInto(screen);
    // The shell's own prompt asks for the cursor (busybox, lineedit.c), and the answer to that may come while the next command runs.
    screen.type('while IFS= read -r typed; do eval "$typed"; done');
    screen.press('enter');
    expect(await inShell(screen, ask)).toBe('2');
    const line = startTerminal({ args: ['debug', '--root', sessions.root], cols: 100, rows: 30, env: engineEnv() });
    const inLine = async (mark: number): Promise<void> => {
      line.type(`${ask}; echo end-$((${mark}+0))\r`);
      await line.waitFor(new RegExp(`^2\\s+end-${mark}$`, 'm'));
    };
    await line.waitFor('(bxtui)');
    line.type(`attach ${id}\r`);
    await line.waitFor(`(bxtui ${id})`);
    line.type('attach p1\r');
    await line.waitFor('leaves p1');
    // Both show it, and one of them answers: the one that types.
    expect(await inShell(screen, ask)).toBe('2');
    await inLine(1);
    expect(await inShell(screen, ask)).toBe('2');
    await inLine(2);
    await leaveTerminal(screen);
    screen.press('char:D');
    await screen.waitForExit();
    await inLine(3);
  });

  it('answer what a program asks at its start', async () => {
    await sessions.attach(id, { cols: 160, rows: 48 });
    const args = ['exec', '--root', sessions.root, id, 'sh', '-c', `sleep 0.2; ${ask}`];
    const exec = startTerminal({ args, cols: 100, rows: 30, env: engineEnv() });
    expect((await exec.waitForExit()).code).toBe(0);
    expect(exec.screen().trim()).toBe('2');
  });
});

describe('a screen that only looks', () => {
  it('sees everything, changes nothing, has no say in the size, and is seen by the others', async () => {
    const person = await sessions.attach(id, { cols: 160, rows: 48 });
    await sessions.typeInto(person);
    const alone = await size(person);
    const guest = await sessions.attach(id, { cols: 80, rows: 24, flags: ['--read-only'] });
    await guest.waitFor(/bxtui {2}read-only/);
    await person.waitFor('has attached (read-only)');
    await person.waitFor('2 screens');
    expect(await size(person)).toEqual(alone);
    await guest.waitFor(`${alone.cols}x${alone.rows}`);
    await inShell(person, 'echo look-$((40+2))');
    await guest.waitFor('look-42');
    guest.press('char:i');
    await guest.waitFor('this screen is read-only');
    guest.type('echo evil');
    guest.press('char:1', 'enter');
    await commandLine(guest, 'exec touch /evil');
    await guest.waitFor('a client that only looks cannot do this');
    expect(await inShell(person, 'ls / | grep -c evil')).toBe('0');
    expect((await sessions.list())[0]).toMatchObject({ shells: 1, clients: 2 });
    guest.press('escape');
    // Both at once would be Alt-q.
    await guest.waitFor((screen) => !screen.includes('a client that only looks'), { what: 'the answer gone' });
    guest.press('char:q');
    expect((await guest.waitForExit()).code).toBe(0);
    await person.waitFor('has left (read-only)');
    expect((await sessions.list())[0]).toMatchObject({ state: 'failed', clients: 1 });
  });
});

/** Full-screen programs inside the terminal pane, and everything that passes between them and the person. */
import { afterEach, describe, expect, it } from 'vitest';
import { BASE, createProject, removeProjects } from '../helpers/project.js';
import { inShell, leaveTerminal, openSession, paneText, quit, shellOpens } from '../helpers/session.js';
import { closeTerminals, type TestTerminal } from '../helpers/terminal.js';

afterEach(async () => {
  await closeTerminals();
  removeProjects();
});

async function shell(size: { cols?: number; rows?: number } = {}): Promise<TestTerminal> {
  const project = createProject(
    `${BASE}RUN i=1; while [ $i -le 300 ]; do echo "line $i"; i=$((i+1)); done > /lines\nRUN exit 1\n`,
  );
  const terminal = await openSession(project, size);
  await shellOpens(terminal);
  // The answer to what the shell asks its terminal with the prompt would be typed into what comes next.
  await terminal.settled(150);
  return terminal;
}

/** Shows the next bytes that come; resolves when they are read as they are. */
async function rawReader(terminal: TestTerminal, count: number): Promise<void> {
  // The shell asks its terminal something with each prompt; the answer is not for what comes next.
  await terminal.waitFor((screen) => /[#$]$/.test(paneText(screen).trimEnd()), { what: 'a prompt' });
  terminal.type(`stty raw -echo; echo re''ady-${count}; head -c ${count} | od -An -tx1; stty sane`);
  terminal.press('enter');
  await terminal.waitFor(`ready-${count}`);
}

describe('in the terminal pane', () => {
  it('vi edits and saves', async () => {
    const terminal = await shell();
    terminal.type('vi /tmp.txt');
    terminal.press('enter');
    await terminal.waitFor((screen) => /~/.test(paneText(screen)), { what: 'the empty lines of vi' });
    terminal.type('ihello from vi');
    await terminal.waitFor('hello from vi');
    terminal.press('escape');
    // What comes at once with an Escape is taken for a key of several bytes.
    await terminal.waitFor((screen) => /^- \/tmp\.txt/m.test(paneText(screen)), { what: 'vi in its mode of commands' });
    terminal.type('yyp:wq');
    terminal.press('enter');
    await terminal.waitFor((screen) => !/~\s*$/m.test(paneText(screen)), { what: 'the shell after vi' });
    expect(await inShell(terminal, 'cat /tmp.txt')).toBe('hello from vi\nhello from vi');
    expect((await quit(terminal)).code).toBe(1);
  });

  it('less pages and searches', async () => {
    const terminal = await shell();
    terminal.type('less /lines');
    terminal.press('enter');
    await terminal.waitFor(/line 1\b/);
    terminal.press('space');
    await terminal.waitFor((screen) => !/line 1\s/.test(paneText(screen)), { what: 'the second page' });
    // Busybox's less switches the terminal back between two keys: what comes all at once may be taken for something else.
    for (const key of '/line 250') {
      terminal.type(key);
      await terminal.settled(80);
    }
    terminal.press('enter');
    await terminal.waitFor(/line 251\b/);
    terminal.type('q');
    expect(await inShell(terminal, 'echo back')).toBe('back');
  });

  it('top repaints by itself and ends on its key', async () => {
    const terminal = await shell();
    terminal.type('top -d 1');
    terminal.press('enter');
    await terminal.waitFor(/PID\s+PPID|Mem:/);
    const before = terminal.rawOutput.length;
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(terminal.rawOutput.length).toBeGreaterThan(before);
    terminal.type('q');
    expect(await inShell(terminal, 'echo back')).toBe('back');
  });

  it('a resize reaches the program', async () => {
    const terminal = await shell({ cols: 160, rows: 48 });
    const [rows, cols] = (await inShell(terminal, 'stty size')).split(' ').map(Number);
    expect(cols).toBeGreaterThan(30);
    const size = async (): Promise<number[]> => (await inShell(terminal, 'stty size')).split(' ').map(Number);
    terminal.resize(100, 30);
    await expect.poll(async () => (await size())[1]).toBeLessThan(cols ?? 0);
    expect((await size())[0]).toBeLessThan(rows ?? 0);
    for (const size of [
      [80, 24],
      [60, 20],
      [30, 8],
      [160, 48],
    ] as const) {
      terminal.resize(size[0], size[1]);
      await terminal.settled(200);
      expect(terminal.hasExited).toBe(false);
    }
    await expect.poll(size).toEqual([rows, cols]);
  });

  it('a paste arrives as one, bracketed only for who asked', async () => {
    const terminal = await shell();
    terminal.type('cat > /pasted');
    terminal.press('enter');
    await terminal.settled(100);
    terminal.paste('a q in one line');
    terminal.press('enter');
    await terminal.waitFor('a q in one line');
    // Several lines for a program that cannot tell a paste from typing: asked for.
    terminal.paste('first q line\nsecond :wq line\n');
    await terminal.waitFor(/Paste 2 lines\?/);
    // The key that leaves a program leaves the question as well.
    terminal.press('ctrl-]');
    await terminal.waitFor((screen) => !/Paste 2 lines/.test(screen) && / TERMINAL /.test(screen), { what: 'no question' });
    terminal.paste('first q line\nsecond :wq line\n');
    await terminal.waitFor(/Paste 2 lines\?/);
    terminal.press('char:y');
    await terminal.waitFor((screen) => /second :wq line/.test(paneText(screen)) && !/Paste 2 lines/.test(screen), {
      what: 'the paste',
    });
    terminal.press('ctrl-d');
    expect(await inShell(terminal, 'cat /pasted')).toBe('a q in one line\nfirst q line\nsecond :wq line');
    terminal.type('stty raw -echo; printf "\\033[?2004hready"; head -c 15 | od -An -c; printf "\\033[?2004l"; stty sane');
    terminal.press('enter');
    await terminal.waitFor((screen) => /ready/.test(paneText(screen).split('stty sane').at(-1) ?? ''), {
      what: 'a reader of pastes',
    });
    terminal.paste('a\nb');
    await terminal.waitFor(/033\s+\[\s+2\s+0\s+0\s+~\s+a\s+\\r\s+b/);
  });

  it('every control key but one belongs to the program', async () => {
    const terminal = await shell();
    terminal.type('sleep 100');
    terminal.press('enter');
    await terminal.settled(200);
    terminal.press('ctrl-c');
    terminal.type('echo "status $?"');
    terminal.press('enter');
    await terminal.waitFor(/^.*│status 130/m);
    await rawReader(terminal, 4);
    terminal.press('ctrl-z', 'ctrl-a', 'ctrl-p', 'tab');
    await terminal.waitFor(/1a 01 10 09/);
    await rawReader(terminal, 1);
    terminal.press('ctrl-]');
    await terminal.waitFor(' NORMAL ');
    terminal.press('ctrl-]');
    await terminal.waitFor(/ 1d\b/);
  });

  it('shows wide characters and colours in their cells', async () => {
    const terminal = await shell();
    await inShell(terminal, 'printf "\\033[31mred\\033[0m 漢字 \\145nd\\n"');
    const at = terminal.find('red 漢字 end');
    expect(at).not.toBeNull();
    expect(terminal.cell(at?.col ?? 0, at?.row ?? 0)).toMatchObject({ text: 'r', isColored: true });
    const lines = terminal.lines();
    const width = (line: string) => [...line].reduce((sum, char) => sum + (/[漢字]/.test(char) ? 2 : 1), 0);
    expect(width(lines[at?.row ?? 0] ?? '')).toBe(width(lines[(at?.row ?? 0) - 1] ?? ''));
  });

  it('a program that ends says with what, and Enter starts it again', async () => {
    const terminal = await shell();
    terminal.type('exit 127');
    terminal.press('enter');
    await terminal.waitFor(/exit 127/);
    await leaveTerminal(terminal);
    terminal.press('char:2', 'enter');
    await shellOpens(terminal);
    expect(await inShell(terminal, 'echo again')).toBe('again');
  });
});

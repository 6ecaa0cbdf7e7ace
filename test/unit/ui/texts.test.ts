/** E and W: the whole text of a log or a terminal in the editor and in a file. */
import { beforeEach, describe, expect, test } from 'vitest';
import { parseDockerfile } from '../../../src/core/dockerfile/index.js';
import { open, session, stage } from './on-stage.js';

describe('the log of a step', () => {
  test('opens in the editor as text without escape sequences', async () => {
    await open('failed');
    await stage.press('3', 'E');
    const [source, line] = stage.opened[0]!;
    expect(source).toMatchObject({ kind: 'text', name: 'step-10.log' });
    const text = source.kind === 'text' ? source.text : '';
    expect(text).toContain('gyp ERR! find Python Python is not set');
    expect(text).toContain('downloading headers  40%\ndownloading headers 100%\n');
    expect(text).not.toContain('\x1b');
    expect(line).toBeGreaterThanOrEqual(1);
  });

  test('is the file that holds all of it once there is one', async () => {
    await open('failed');
    const { stepLog } = session;
    session.stepLog = (generation, step) => ({ ...stepLog(generation, step), omittedBytes: 5, file: '/logs/g1-1.log' });
    await stage.press('3', 'E');
    expect(stage.opened[0]![0]).toEqual({ kind: 'file', path: '/logs/g1-1.log' });
  });

  test('is asked of the session where only its end is here', async () => {
    await open('failed');
    const { stepLog } = session;
    session.stepLog = () => ({ head: '', tail: 'the end\n', omittedBytes: 5, file: null });
    session.wholeLog = async (generation, step) => stepLog(generation, step);
    await stage.press('3', 'E');
    expect(stage.opened[0]![0]).toMatchObject({ kind: 'text', text: expect.stringContaining('gyp ERR! find Python') });
    session.wholeLog = async (generation, step) => session.stepLog(generation, step);
    await stage.press('E');
    expect(stage.opened[1]![0]).toMatchObject({ kind: 'text', text: '\n[… 5 bytes are no longer kept]\nthe end\n' });
  });

  test('that is longer than its grid is searched in part, which is said, and begins with a mark', async () => {
    await open('failed', { cols: 120, rows: 40 });
    await stage.press('3', '/', ...'needle');
    expect(stage.text()).toMatch(/SEARCH {2}\/needle .* no match\s*$/m);
    await stage.press('escape');
    const { vertices } = session.state.generations[0]!;
    const digest = Object.keys(vertices).find((key) => vertices[key]!.step === '10')!;
    const lines = Array.from({ length: 20_000 }, (_, at) => `${at === 500 ? 'needle' : 'hay'} ${at}\n`);
    session.report(9, { type: 'log.appended', digest, stream: 'stdout', text: lines.join('') });
    await expect.poll(() => stage.settle().then(() => stage.text())).toContain('hay 19999');
    await stage.press('/', ...'needle');
    expect(stage.text()).toMatch(/no match in the 10,0\d\d rows here; E opens the whole log\s*$/m);
    await stage.press('C-u', ...'hay 19990', 'enter');
    expect(stage.text()).toMatch(/\/hay 19990 1\/1 in the 10,0\d\d rows here /);
    await stage.press('/', ...'hay 9999', 'enter');
    for (let page = 0; page < 20; page++) await stage.press('pageup');
    expect(stage.text()).toContain(' earlier output left out here ');
  });

  test('is written under the name that was asked for; a file that is there only after a question', async () => {
    await open('failed');
    await stage.press('3', 'W');
    expect(stage.text()).toContain('step-10.log');
    await stage.press('C-u', ...'out.log', 'enter');
    expect(stage.text()).toContain('written to out.log');
    const first = stage.written.get('out.log');
    expect(first).toMatchObject({ kind: 'text' });
    await stage.press('W', 'C-u', ...'out.log', 'enter');
    expect(stage.text()).toContain('Replace the file?');
    await stage.press('enter');
    expect(stage.written.get('out.log')).toBe(first);
    await stage.press('W', 'C-u', ...'out.log', 'enter', 'y');
    expect(stage.written.get('out.log')).not.toBe(first);
  });
});

test('right after leaving a terminal, E opens its scrollback', async () => {
  await open('shell');
  session.fakeTerminal('p1').print(Array.from({ length: 50 }, (_, index) => `\r\nrow ${index}`).join(''));
  stage.handle.attach('p1');
  await stage.settle();
  await stage.leave();
  await stage.press('E');
  const [source, line] = stage.opened[0]!;
  expect(source).toMatchObject({ kind: 'text', name: 'p1-step-10.txt' });
  const lines = source.kind === 'text' ? source.text.split('\n') : [];
  expect(lines).toContain('row 0');
  expect(lines).toContain('row 49');
  expect(lines[line - 1]).toMatch(/^row \d+$/);
  expect(lines.length - line).toBeLessThan(20);
});

describe('a failed step that has printed nothing', () => {
  beforeEach(async () => {
    await open('failed');
    session.emit({ type: 'generation.started', atMs: 3, generation: 2, ...copyOfNothing });
    const [digest, name] = ['sha256:c', 'COPY /does/not/exist /'];
    session.report(4, {
      type: 'plan.resolved',
      vertices: [{ digest, name, inputs: [], lines: { start: 2, end: 2 }, op: 'file' }],
    });
    session.report(5, {
      ...{ type: 'vertex.updated', digest, name, inputs: [], isCached: false },
      ...{ startedAtMs: 4, completedAtMs: 5, error: MISSING },
    });
    session.report(6, {
      type: 'build.failed',
      failure: { digest, message: MISSING, hint: 'Name a path that is there.', exitCode: null, line: 2 },
    });
    await stage.press('3');
  });
  const MISSING =
    '"/does/not/exist" is not in stage build, whatever the width of the panel in which that sentence is read may be';
  const text = 'FROM scratch\nCOPY /does/not/exist /\n';
  const copyOfNothing = { dockerfile: { path: '/src/Dockerfile', text }, plan: parseDockerfile(text), target: null };
  const said = `failed, Dockerfile line 2\n${MISSING}\nName a path that is there.`;

  test('gives what is said of it to the editor, a file and the clipboard', async () => {
    await stage.press('E');
    expect(stage.opened[0]).toEqual([{ kind: 'text', name: 'step-2.log', text: `${said}\n` }, 1]);
    await stage.press('W', 'enter');
    expect(stage.written.get('step-2.log')).toMatchObject({ text: `${said}\n` });
    await stage.press('y');
    expect(stage.copied).toEqual([said]);
  });

  test('says what does not work there, and hints at none of it', async () => {
    expect(stage.text()).not.toMatch(/ (v mark|F follow|\/ search) /);
    await stage.press('/');
    expect(stage.text()).toContain('Search in this panel: this step has no log');
    await stage.press('v');
    expect(stage.text()).toContain('Mark and copy text with the keyboard: this step has no log');
  });
});

/** Every command of the line-mode monitor, typed on a terminal, against a transcript; over a session in a process of its own. */
import { afterEach, describe, expect, it } from 'vitest';
import { untilFailed } from '../helpers/detached.js';
import { expectNoContainers } from '../helpers/engines.js';
import { debug, endAll, HUNG_UP, LEAVE, list, run } from '../helpers/lines.js';
import { BASE, createProject } from '../helpers/project.js';
import { atPrompt, type Prompt } from '../helpers/prompt.js';
import { runBxtui } from '../helpers/run.js';
import { sessionRoot } from '../helpers/session-root.js';
import { RESTORED_MODES, type TestTerminal } from '../helpers/terminal.js';

const FAILING = `${BASE}WORKDIR /app
RUN echo one > one
RUN echo partial > partial; echo "the reason"; exit 3
`;

afterEach(endAll);

const promptOf = (terminal: TestTerminal): Prompt => atPrompt(terminal, '\\(bxtui[^)]*\\)');

async function toPrompt(terminal: TestTerminal): Promise<void> {
  await terminal.waitFor(/\/app # *$/m);
  terminal.type(LEAVE);
  await terminal.waitFor(/\(bxtui\) *$/m);
}

/** Ids, times, sizes of columns, the engine's name and the order of a build's own lines are of no interest. */
function normalise(text: string, names: ReadonlyArray<readonly [name: string, inText: string]>): string {
  let plain = text;
  for (const [from, to] of names) plain = plain.replaceAll(from, to);
  return plain
    .split('\n')
    .filter((line) => !/^(#\d+ .*|\^\] leaves p\d+|)$/.test(line))
    .map((line) =>
      line
        .replace(/Docker (?:Engine )?\d\S*|buildkitd(?: \S+)?(?= )/g, 'ENGINE')
        .replace(/^BusyBox v.*/, 'BANNER')
        .replace(/\b\d+s ago\b/g, 'T ago'),
    )
    .map((line) =>
      line
        .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, 'UUID')
        .replace(/\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\b/, 'DATE')
        .replace(/\b\d+\.\ds\b/, 'TIME')
        .replace(/<1m|\b\d+m\b/g, 'AGE')
        .replace(/ {2,}/g, '  ')
        .trimEnd(),
    )
    .join('\n');
}

describe('the line-mode monitor', () => {
  it('searches its history with Ctrl-R, as a shell does', async () => {
    const terminal = debug();
    await terminal.waitFor(/\(bxtui\) *$/m);
    const prompt = promptOf(terminal);
    for (const line of ['help steps', 'help ps', 'list']) await prompt.say(line);
    const last = (): string => terminal.scrollback().trimEnd().split('\n').at(-1) ?? '';
    const shows = (line: string) => terminal.waitFor(() => last() === line, { what: line });

    terminal.type('half a line');
    terminal.press('ctrl-r');
    await shows("(reverse-i-search)`':");
    terminal.type('help');
    await shows("(reverse-i-search)`help': help ps");
    terminal.press('ctrl-r');
    await shows("(reverse-i-search)`help': help steps");
    terminal.press('ctrl-r');
    await shows("(failed reverse-i-search)`help': help steps");
    terminal.resize(40, 20);
    await shows("(failed reverse-i-search)`help': help s");
    terminal.resize(150, 60);
    terminal.press('ctrl-g');
    await shows('(bxtui) half a line');
    terminal.press('ctrl-u');

    terminal.type('\u0012st');
    await shows("(reverse-i-search)`st': list");
    terminal.press('ctrl-r');
    await shows("(reverse-i-search)`st': help steps");
    terminal.press('ctrl-a');
    await shows('(bxtui) help steps');
    terminal.press('ctrl-k');
    // Everything at once, as a fast hand or a paste has it.
    const told = await prompt.say('\u0012help\u0012');
    expect(told).toContain('usage: steps');
    expect(await prompt.say('\u0012zzz\u0003list')).toContain('there is no session');
    terminal.press('ctrl-d');
    expect((await terminal.waitForExit()).code).toBe(0);
    expect(terminal.modes()).toEqual(RESTORED_MODES);
  });

  it('has every command, at its own session and at another one', async (context) => {
    const other = (await run('build', '--detach', createProject(FAILING).dir)).stdout.trim();
    await untilFailed(sessionRoot(), other);
    const project = createProject(FAILING);
    const terminal = debug('--detach', 'build', '--output=type=cacheonly', project.dir);
    await toPrompt(terminal);
    if (!terminal.scrollback().includes('failed state')) context.skip('the engine keeps no state of a failed command');
    const prompt = promptOf(terminal);
    const transcript: string[] = [];
    const say = async (line: string, until?: RegExp): Promise<string> => {
      const said = await prompt.say(line, until);
      transcript.push(`> ${line}`, said);
      return said;
    };
    const id = /^([0-9a-f]{8}) +yes /m.exec(await say('list'))?.[1] ?? '';

    await say('help');
    const words = ['attach', 'cat', 'changes', 'detach', 'disconnect', 'exec', 'exit', 'kill', 'list', 'ls', 'ps', 'reload'];
    for (const name of [...words, 'rollback', 'steps']) {
      await say(`help ${name}`);
    }
    await say('ps');
    await say('steps');
    await say('changes 6');
    await say('ls 6 /app');
    await say('ls 6 --init /app');
    await say('cat 6 /app/one');
    await say('cat 6 /app/nosuch');
    await say('exec -T -e WHO=me -w / sh -c "echo $WHO; pwd; exit 7"');
    await say('exec cat one partial');
    await say('rollback 6 ls');
    await say('rollback --init sh -c "ls | wc -l"');
    await say('attach p1', /\/app # *$/);
    terminal.type('exit 5');
    terminal.press('enter');
    await terminal.waitFor(/^exit 5\n\(bxtui\) *$/m);
    await say('ps');
    await say('attach p1');
    await say('attach nosuch');
    await say('disconnect p1');
    await say('no such "command"');
    await say('exec "open');
    await say(`attach ${id}`);

    await say(`attach ${other.slice(0, 6)}`);
    await say('ps');
    await say('exec cat partial');
    await say('disconnect');
    await say('list');
    project.edit('exit 3', 'exit 0');
    await say('reload');
    await say('ps');

    terminal.type('kill');
    terminal.press('enter');
    expect((await terminal.waitForExit()).code).toBe(0);
    expect(terminal.modes()).toEqual(RESTORED_MODES);
    expect((await run('ls')).stdout).toContain('No session');
    const names = [
      [id, 'THIS'],
      [other, 'OTHER'],
      [other.slice(0, 6), 'OTH'],
      [project.dir.split('/').at(-1)!, 'CONTEXT'],
    ] as const;
    const places = normalise(transcript.join('\n'), names).replace(/\S*bxtui-e2e-\S+/g, 'CONTEXT');
    await expect(`${places}\n`).toMatchFileSnapshot('transcripts/line-monitor.txt');
  });

  it('is left and found again, and seen from two terminals', async () => {
    const terminal = debug('--detach', 'build', createProject(FAILING).dir);
    await toPrompt(terminal);
    await promptOf(terminal).say('exec -T sh -c "echo mine > /mine"');
    terminal.type('detach');
    terminal.press('enter');
    expect((await terminal.waitForExit()).code).toBe(0);
    const id = /session ([0-9a-f]{8}) goes on/.exec(terminal.scrollback())?.[1] ?? '';

    const [first, second] = [debug(), debug()];
    for (const one of [first, second]) {
      await one.waitFor(/\(bxtui\) *$/m);
      await promptOf(one).say(`attach ${id}`);
      expect(await promptOf(one).say('exec -T cat /mine')).toContain('mine');
    }
    expect(await promptOf(first).say('list')).toMatch(new RegExp(`^${id} +yes .* 2 +- `, 'm'));
    second.type('kill');
    second.press('enter');
    await second.waitFor(/no session is attached/);
    await first.waitFor(/has ended\nno session is attached.*\n\(bxtui\) *$/m);
    first.type('exit');
    first.press('enter');
    expect((await first.waitForExit()).code).toBe(0);
  });

  it.each([
    ['at its prompt', toPrompt],
    ['in a shell', (terminal: TestTerminal) => terminal.waitFor(/\/app # *$/m)],
  ])('goes on without its terminal, %s', async (_where, until) => {
    const terminal = debug('build', createProject(FAILING).dir);
    await until(terminal);
    terminal.hangUp();
    const { code, signal } = await terminal.waitForExit();
    // The signal may come when the program has ended by itself.
    expect(signal === 0 ? code : 128 + signal).toBe(HUNG_UP);
    await expect.poll(list).toMatchObject([{ state: 'failed', clients: 0, shells: 1 }]);
  });

  it('goes on when it is killed while it builds, and ends with Ctrl-C', async () => {
    const slow = FAILING.replace('exit 3', 'sleep 60');
    const killed = debug('build', createProject(slow).dir);
    await killed.waitFor(/RUN .*sleep 60/);
    process.kill(killed.pid, 'SIGKILL');
    await killed.waitForExit();
    await expect.poll(list).toMatchObject([{ state: 'running', clients: 0 }]);
    await run('kill', '--all');
    const stopped = debug('build', createProject(slow).dir);
    await stopped.waitFor(/RUN .*sleep 60/);
    stopped.type('\u0003');
    expect((await stopped.waitForExit()).code).toBe(130);
    expect(await list()).toEqual([]);
  });

  it('holds its session itself where it is asked to, and ends it with its terminal', async () => {
    const terminal = debug('--detach=false', 'build', createProject(FAILING).dir);
    await toPrompt(terminal);
    expect(await list()).toEqual([]);
    terminal.hangUp();
    await terminal.waitForExit();
    await expectNoContainers();
  });

  it('takes the keys of docker buildx debug where they are set, and gives Ctrl-A to the program', async () => {
    const terminal = debug('--leave-key', 'ctrl-a,c', 'build', createProject(FAILING).dir);
    await terminal.waitFor(/\/app # *$/m);
    terminal.type('cho ok\u0001\u0001e');
    terminal.press('enter');
    await terminal.waitFor(/^ok$/m);
    terminal.type('\u0001c');
    await terminal.waitFor(/\(bxtui\) *$/m);
    terminal.type('\u0001c');
    await terminal.waitFor(/\^A c leaves p1[\s\S]*\^A c leaves p1/);
    terminal.type('\u0001c');
    await terminal.waitFor(/left p1[\s\S]*left p1[^\n]*\n\(bxtui\) *$/m);
    terminal.type('exit');
    terminal.press('enter');
    expect((await terminal.waitForExit()).code).toBe(1);
  });

  it('remembers what was typed from one run to the next, completes, and clears a line', async () => {
    const first = debug();
    await first.waitFor(/\(bxtui\) *$/m);
    await promptOf(first).say('help list');
    first.type('\u0004');
    expect((await first.waitForExit()).code).toBe(0);
    const second = debug();
    await second.waitFor(/\(bxtui\) *$/m);
    second.press('up');
    await second.waitFor(/\(bxtui\) help list$/m);
    second.press('ctrl-c');
    await second.waitFor(/\^C\n\(bxtui\) *$/m);
    for (const word of ['he', 'ro']) {
      second.type(word);
      await second.waitFor(new RegExp(`${word}$`, 'm'));
      second.press('tab');
      await second.waitFor(word === 'he' ? /\(bxtui\) help *$/m : /\(bxtui\) help rollback *$/m);
    }
    second.press('enter');
    await second.waitFor(/usage: rollback/);
    second.type('\u0004');
    expect((await second.waitForExit()).code).toBe(0);
  });
});

describe('bxtui debug from a script', () => {
  const script = (...lines: string[]) => `${lines.join('\n')}\n`;

  it('takes the words before and after build, the last of which counts', async () => {
    const { dir } = createProject(`${BASE}ENV FOO=image\n`);
    const invoke = 'entrypoint=["sh"],"args=[""-c"", ""echo got $FOO $BAR""]","env=[""BAR=bbb""]"';
    const debugged = await runBxtui(['debug', '--on=error', '--invoke', invoke, 'build', '--on', 'always', dir], {
      input: script('exit'),
    });
    expect(debugged.output).toContain('got image bbb');
    expect(debugged.status, debugged.output).toBe(0);
    const quiet = await runBxtui(['debug', 'build', dir], { input: script('exec echo opened') });
    expect([quiet.status, quiet.output.includes('opened')]).toEqual([0, false]);
  });

  it('works without a build on the sessions there are', async () => {
    const id = (await run('build', '--detach', createProject(FAILING).dir)).stdout.trim();
    await untilFailed(sessionRoot(), id);
    const debugged = await runBxtui(['debug', '--root', sessionRoot()], {
      input: script('ps', 'list', `attach ${id}`, 'exec cat one', 'exec sh -c "exit 9"', `disconnect ${id}`, 'list'),
    });
    expect(debugged.status).toBe(0);
    expect(debugged.output).toContain('ERROR: no session is attached');
    expect(debugged.output).toMatch(/exec cat one\none\nexit 0/);
    expect(debugged.output).toContain('exit 9');
    expect(debugged.output).toContain(`session ${id} ended`);
    expect(debugged.output).toContain('there is no session');
  });

  it('refuses what it does not understand, and names file and line of a configuration', async () => {
    const project = createProject(FAILING, { 'server.toml': 'log_level = "info"\nnope = 1\n' });
    const cases: Array<[readonly string[], number, RegExp]> = [
      [['debug', 'bake'], 125, /unknown command: debug bake/],
      [['debug', 'build'], 125, /bxtui debug build requires 1 argument/],
      [['debug', '--on=never', 'build', project.dir], 125, /must be error or always/],
      [['debug', '--invoke', 'a=b', 'build', project.dir], 125, /--invoke: unknown key "a"/],
      [['debug', '--server-config', project.path('server.toml'), 'build', project.dir], 1, /server\.toml:2: unknown key nope/],
      [['debug', '--server-config', project.path('none.toml')], 1, /cannot read the server's configuration .*none\.toml/],
    ];
    for (const [args, status, message] of cases) {
      const refused = await runBxtui(args);
      expect([args.slice(0, 3), refused.status]).toEqual([args.slice(0, 3), status]);
      expect(refused.stderr).toMatch(message);
    }
  });
});

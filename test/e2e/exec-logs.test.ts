/** `bxtui exec` and `bxtui logs` on a session in another process, as scripts and people use them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { untilFailed } from '../helpers/detached.js';
import { engineEnv, isDocker } from '../helpers/engines.js';
import { endAll } from '../helpers/lines.js';
import { BASE, createProject } from '../helpers/project.js';
import { type RunOptions, runBxtui, startBxtui } from '../helpers/run.js';
import { sessionRoot } from '../helpers/session-root.js';
import { RESTORED_MODES, startTerminal } from '../helpers/terminal.js';

const FAILING = `${BASE}WORKDIR /app
RUN echo one > one
RUN echo "the reason"; exit 3
`;

const run = (command: string, args: readonly string[], options: RunOptions = {}) =>
  runBxtui([command, '--root', sessionRoot(), ...args], options);

async function detach(dockerfile: string): Promise<string> {
  const started = await run('build', ['--detach', createProject(dockerfile).dir]);
  expect(started.status, started.output).toBe(0);
  return started.stdout.trim();
}

afterEach(endAll);

describe('bxtui exec', () => {
  let id: string;
  beforeEach(async () => {
    id = await detach(FAILING);
    await untilFailed(sessionRoot(), id);
  });

  it('has the output, the input and the exit status of the program', async () => {
    const printed = await run('exec', [id, 'sh', '-c', 'pwd; echo err >&2; exit 7']);
    // The engine carries them in two streams, in no order.
    expect([printed.status, printed.stdout.split('\n').sort(), printed.stderr]).toEqual([7, ['', '/app', 'err'], '']);
    const counted = await run('exec', ['wc', '-c'], { input: 'x'.repeat(600_000) });
    expect([counted.status, counted.stdout.trim()]).toEqual([0, '600000']);
    const large = await run('exec', [id.slice(0, 4), 'head', '-c', '5000000', '/dev/zero']);
    expect([large.status, large.stdout.length]).toEqual([0, 5_000_000]);
    const none = await run('exec', ['nosuch', '--help']);
    expect([none.status, none.stdout]).toEqual([127, '']);
    expect(none.stderr).toContain('nosuch');
    expect(none.stderr).toContain(
      `nosuch is no session either (bxtui ls lists them): it was taken for a command in session ${id}`,
    );
    expect((await run('exec', [id, 'nosuch'])).stderr).not.toContain('no session');
  });

  it('keeps nothing of the input that the program does not read, and loses none of it', async () => {
    const total = 200 << 20;
    let read = 0;
    const input = Readable.from(
      (function* () {
        for (const chunk = Buffer.alloc(64 << 10); read < total; read += chunk.length) yield chunk;
      })(),
    );
    const { pid } = JSON.parse(readFileSync(join(sessionRoot(), id, 'session.json'), 'utf8'));
    const residentMiB = (): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
    const before = residentMiB();
    const script = 'until [ -e /go ]; do sleep 0.1; done; exec wc -c';
    const { result } = startBxtui(['exec', '--root', sessionRoot(), id, 'sh', '-c', script], { input });
    await expect.poll(() => read, { timeout: 20_000 }).toBeGreaterThan(0);
    for (let seen = -1; seen !== read; await new Promise((resolve) => setTimeout(resolve, 500))) seen = read;
    // A Docker Engine takes it all and keeps it itself.
    if (!isDocker()) expect(read).toBeLessThan(8 << 20);
    expect(residentMiB() - before).toBeLessThan(80);
    // Another one has its keys and its end meanwhile.
    expect((await run('exec', [id, 'sh', '-c', 'cat; touch /go'], { input: 'key' })).stdout).toBe('key');
    expect(await result).toMatchObject({ status: 0, stdout: `${total}\n` });
    expect(residentMiB() - before).toBeLessThan(80);
  });

  it('goes to a step, with an environment, a user and a directory', async () => {
    const flags = ['--step', '6', '-e', 'A=1', '-w', '/', '-u', '1000'];
    const printed = await run('exec', [...flags, id, '-e', 'B=2', 'sh', '-c', 'id -u; pwd; echo $A$B; ls /app']);
    expect(printed.stdout).toBe('1000\n/\n12\none\n');
    expect((await run('exec', ['--step', '99', 'ls'])).stderr).toContain('there is no step 99');
  });

  it('refuses what cannot be run', async () => {
    expect((await run('exec', [])).status).toBe(125);
    expect((await run('exec', [id])).stderr).toContain('needs a command');
    expect((await run('exec', ['-e', 'A', 'ls'])).stderr).toContain('must be NAME=value');
    expect((await run('exec', ['deadbeef', 'ls'])).stderr).toContain('no session deadbeef');
    const help = await run('exec', ['ls', '--help']);
    expect(help.output).toContain('BusyBox');
  });

  it('leaves the program running when it is ended by a signal, and says so', async () => {
    const {
      process: client,
      output,
      result,
    } = startBxtui(['exec', '--root', sessionRoot(), id, 'sh', '-c', 'echo up; sleep 90']);
    await expect.poll(output, { timeout: 20_000 }).toContain('up');
    client.kill('SIGTERM');
    expect((await result).status).toBe(143);
    expect(output()).toMatch(/p\d+ goes on in session/);
    expect((await run('exec', ['ps'])).stdout).toContain('sleep 90');
  });

  it('gives the program the terminal, its size, and the way out', async () => {
    const terminal = startTerminal({ args: ['exec', '--root', sessionRoot(), id, 'sh'], env: engineEnv(), cols: 91, rows: 31 });
    await terminal.waitFor(/\/app # *$/m);
    terminal.type('stty size');
    terminal.press('enter');
    await terminal.waitFor(/^31 91$/m);
    terminal.resize(80, 24);
    await terminal.settled(300);
    terminal.type('stty size; sleep 90');
    terminal.press('enter');
    await terminal.waitFor(/^24 80$/m);
    terminal.press('ctrl-c');
    terminal.type('\u001d');
    expect((await terminal.waitForExit()).code).toBe(0);
    expect(terminal.modes()).toEqual(RESTORED_MODES);
    expect(terminal.screen()).toMatch(/p\d+ goes on in session/);

    const other = startTerminal({ args: ['exec', '--root', sessionRoot(), 'sh', '-c', 'tty; exit 4'], env: engineEnv() });
    expect((await other.waitForExit()).code).toBe(4);
    expect(other.screen()).toContain('/dev/');

    const lost = startTerminal({
      args: ['exec', '--root', sessionRoot(), 'sh', '-c', 'echo up; exec sleep 90'],
      env: engineEnv(),
    });
    await lost.waitFor(/^up$/m);
    lost.hangUp();
    const end = await lost.waitForExit();
    expect(end.signal === 0 ? end.code : 128 + end.signal).toBe(129);
    expect((await run('exec', ['ps'])).stdout).toContain('sleep 90');
  });
});

describe('bxtui logs', () => {
  it('prints what has been, and follows to the end and to the status of the build', async () => {
    const id = await detach(`${BASE}RUN echo first; sleep 5; echo last\n`);
    await expect.poll(async () => (await run('logs', [id])).stdout, { timeout: 20_000 }).toMatch(/^#\d+ first$/m);
    const partial = await run('logs', [id]);
    expect([partial.status, /^#\d+ (?:[\d.]+ )?last$/m.test(partial.stdout)]).toEqual([0, false]);
    const followed = await run('logs', ['-f', id]);
    expect(followed.status).toBe(0);
    expect(followed.stdout).toMatch(/^#0 building on [\s\S]*#\d+ first\n#\d+ 5\.\d+ last\n#\d+ DONE 5\.\d+s/);
    const step = await run('logs', ['--step', '5', id]);
    expect([step.status, step.stdout]).toEqual([0, 'first\nlast\n']);
  });

  it('prints the whole log of a step, also where a client that comes later is told its end only', async () => {
    const id = await detach(`${BASE}RUN seq 1 34000; exit 3\n`);
    await untilFailed(sessionRoot(), id);
    const step = await run('logs', ['--step', '5', id]);
    expect(step.stdout).toBe(Array.from({ length: 34_000 }, (_, at) => `${at + 1}\n`).join(''));
    expect((await run('logs', [id])).stdout).toMatch(/^#\d+ (?:[\d.]+ )?1\n#\d+ (?:[\d.]+ )?2\n/m);
  });

  it('tells a failure as the build itself did, and refuses what there is not', async () => {
    const id = await detach(FAILING);
    await untilFailed(sessionRoot(), id);
    const printed = await run('logs', []);
    expect(printed.status).toBe(0);
    expect(printed.stdout).toContain('the reason');
    expect(printed.stdout).toMatch(/>>> RUN echo "the reason"; exit 3/);
    expect(printed.stdout.match(/the reason$/gm)!.length).toBeGreaterThan(1);
    expect((await run('logs', ['--generation', '2'])).stderr).toContain('There are: 1');
    expect((await run('logs', ['--step', '77'])).stderr).toContain('there is no step 77');
    expect((await run('logs', ['beef', 'dead'])).status).toBe(125);
  });
});

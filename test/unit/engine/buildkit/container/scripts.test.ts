import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  commandLine,
  KEEPER_SCRIPT,
  LIBRARY_SCRIPT,
  WRAPPER_SCRIPT,
  wrappedArgs,
} from '../../../../../src/engine/buildkit/container/scripts.js';
import { printfCommand, shellJoin, shellQuote } from '../../../../../src/engine/shared/shell-quote.js';

const SHELLS: readonly (readonly string[])[] = [['/bin/dash'], ['/bin/bash'], ['/bin/busybox', 'sh']].filter(([path]) =>
  existsSync(path!),
);

let directory = '';
let wrapper = '';
let library = '';

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'bxtui-scripts-'));
  wrapper = join(directory, 'run');
  library = join(directory, 'keeper');
  writeFileSync(wrapper, WRAPPER_SCRIPT);
  writeFileSync(library, LIBRARY_SCRIPT);
  writeFileSync(join(directory, 'plain.txt'), 'no program', { mode: 0o644 });
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** A duration that nobody else's sleep has. */
const nap = (seconds: number): string => `${seconds}.${process.pid}`;

/** What the kernel says of each process; that of one which is gone by now is left out. */
function everyProcess(file: 'cmdline' | 'stat'): string[] {
  return readdirSync('/proc').flatMap((pid) => {
    try {
      return /^\d+$/.test(pid) ? [readFileSync(`/proc/${pid}/${file}`, 'latin1')] : [];
    } catch {
      return [];
    }
  });
}

/** How many programs sleep for one of these. */
function sleeping(...durations: string[]): number {
  return everyProcess('cmdline').filter((line) => durations.some((duration) => line === `sleep\0${duration}\0`)).length;
}

/** The processor time of a process group, in hundredths of a second (proc_pid_stat(5)); what follows the name begins with the third field. */
function ticksOfGroup(group: number): number {
  const ofGroup = everyProcess('stat')
    .map((stat) => stat.slice(stat.lastIndexOf(')') + 2).split(' '))
    .filter((fields) => fields[2] === String(group));
  return ofGroup.reduce((sum, fields) => sum + Number(fields[11]) + Number(fields[12]), 0);
}

describe.each(SHELLS)('with %s %s', (...words) => {
  const shell = words.filter((word): word is string => word !== undefined);
  const run = (args: readonly string[], env: Record<string, string> = { PATH: '/usr/bin:/bin' }, unset = '') => {
    const argv = [...shell.slice(1), wrapper, 'NONCE', '0', '0', unset, ...args];
    const result = spawnSync(shell[0]!, argv, { env, encoding: 'latin1', cwd: directory });
    const marks = [...result.stderr.matchAll(/\x1b\]7717;NONCE;([^\x1b]*)\x1b\\/g)].map((match) => match[1]!);
    return { ...result, marks: marks.map((mark) => mark.replace(`;${result.pid}`, ';PID')) };
  };

  it('the wrapper ends with 0 and reports the real status on both outputs', () => {
    const { status, marks, stdout, pid } = run(['sh', '-c', 'echo out; exit 3']);
    expect(status).toBe(0);
    expect(marks.at(-1)).toBe('E;3;PID;');
    expect(marks[0]).toBe('S;PID');
    expect(stdout).toBe(`out\n\x1b]7717;NONCE;E;3;${pid};\x1b\\`);
  });

  it('the wrapper reports a program killed by a signal', () => {
    expect(run(['sh', '-c', 'kill -9 $$']).marks.at(-1)).toBe('E;137;PID;');
  });

  it('the wrapper never takes a builtin or keyword for the program', () => {
    for (const name of ['exit', 'cd', 'set', 'if', 'trap']) {
      const { status, marks } = run([name, '9'], { PATH: directory });
      expect([name, status, marks]).toEqual([name, 0, ['E;127;PID;127']]);
    }
  });

  it('the wrapper says what cannot be run', () => {
    expect(run(['no-such-program']).marks).toEqual(['E;127;PID;127']);
    expect(run(['/no/such/program']).marks).toEqual(['E;127;PID;127']);
    expect(run([join(directory, 'plain.txt')]).marks).toEqual(['E;126;PID;126']);
    expect(run(['/tmp']).marks).toEqual(['E;126;PID;126']);
  });

  it('the wrapper passes arguments and environment on as they are', () => {
    const odd = ['a b', "it's", '$HOME', '*', '', '-x', 'ä\n!'];
    const { stdout } = run([process.execPath, '-e', 'process.stdout.write(JSON.stringify(process.argv.slice(1)))', '--', ...odd]);
    expect(JSON.parse(Buffer.from(stdout.split('\x1b')[0]!, 'latin1').toString('utf8'))).toEqual(odd);
    const env = run(['env'], { PATH: '/usr/bin:/bin', A: 'b' }, 'PWD OLDPWD SHLVL').stdout.split('\x1b')[0]!;
    const names = env
      .trim()
      .split('\n')
      .map((line) => line.split('=')[0])
      .filter((name) => name !== '_');
    expect(names.sort()).toEqual(['A', 'PATH']);
  });

  it('the wrapper outlives the signals that its program dies of', async () => {
    const child = spawn(shell[0]!, [...shell.slice(1), wrapper, 'NONCE', '0', '0', '', 'sleep', '30'], {
      env: { PATH: '/usr/bin:/bin' },
      detached: true,
    });
    let stderr = '';
    child.stderr.setEncoding('latin1').on('data', (text: string) => {
      const isFirst = stderr === '';
      stderr += text;
      // The whole process group, as a terminal does for ^C. The program has to be there first.
      if (isFirst) setTimeout(() => process.kill(-child.pid!, 'SIGINT'), 150);
    });
    const status = await new Promise((resolve) => child.on('close', resolve));
    expect(status).toBe(0);
    expect(stderr).toContain('NONCE;E;130');
  });

  it('a wrapper that stays ends on a hangup, whenever it comes', async () => {
    const ends = Array.from({ length: 12 }, async (_, turn) => {
      const child = spawn(shell[0]!, [...shell.slice(1), wrapper, 'NONCE', '0', '1', '', 'true'], {
        env: { PATH: '/usr/bin:/bin' },
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      child.stdout.setEncoding('latin1').once('data', () => setTimeout(() => child.kill('SIGHUP'), turn));
      return new Promise((resolve) => child.on('exit', resolve));
    });
    expect(await Promise.all(ends)).toEqual(ends.map(() => 0));
  });

  it('as a first process the wrapper stays when its program has ended', async () => {
    const child = spawn(shell[0]!, [...shell.slice(1), wrapper, 'NONCE', '0', '1', '', 'sh', '-c', 'echo out; exit 3'], {
      env: { PATH: '/usr/bin:/bin' },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let stdout = '';
    child.stdout.setEncoding('latin1').on('data', (text: string) => {
      stdout += text;
    });
    let status: unknown = 'none yet';
    child.on('exit', (code) => {
      status = code;
    });
    for (let turn = 0; turn < 400 && !stdout.includes('E;3'); turn++) await new Promise((resolve) => setTimeout(resolve, 10));
    const usedBefore = ticksOfGroup(child.pid!);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect([stdout, status]).toEqual([`out\n\x1b]7717;NONCE;E;3;${child.pid};\x1b\\`, 'none yet']);
    expect(ticksOfGroup(child.pid!) - usedBefore).toBeLessThan(4);
    process.kill(-child.pid!, 'SIGKILL');
  });

  it('the keeper runs commands, survives bad ones and ends with its input', async () => {
    const child = spawn(shell[0]!, [...shell.slice(1), '-c', KEEPER_SCRIPT, 'bxtui'], { env: { PATH: '/usr/bin:/bin' } });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    const answer = async (nonce: string): Promise<string> => {
      for (let turn = 0; turn < 400; turn++) {
        const match = new RegExp(`(?:^|\\n)${nonce} (\\d+)\\n`).exec(stdout);
        if (match) return match[1]!;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      throw new Error(`no answer to ${nonce}: ${stdout}`);
    };
    child.stdin.write(`. ${shellQuote(library)}; ${commandLine('n-1', 'exit 7')}\n`);
    expect(await answer('n-1')).toBe('7');
    child.stdin.write(`${commandLine('n-2', '. /no/such/file')}\n`);
    expect(await answer('n-2')).not.toBe('0');
    writeFileSync(join(directory, 'passwd'), 'root:x:0:0::/:/bin/sh\nbob:x:1000:1000::/:/bin/sh');
    child.stdin.write(`${commandLine('n-3', `bx_member bob ${shellQuote(join(directory, 'passwd'))}`)}\n`);
    expect(await answer('n-3')).toBe('0');
    child.stdin.write(`${commandLine('n-4', `bx_member alice ${shellQuote(join(directory, 'passwd'))}`)}\n`);
    expect(await answer('n-4')).toBe('1');
    child.stdin.end();
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(0);
  });

  it('a keeper that is not the first process ends what the first has started, and then that', async () => {
    const env = { PATH: '/usr/bin:/bin' };
    const args = [...shell.slice(1), wrapper, 'NONCE', '0', '1', '', 'sh', '-c', `sleep ${nap(34)} & echo out; sleep ${nap(35)}`];
    const first = spawn(shell[0]!, args, { env, stdio: ['ignore', 'pipe', 'ignore'], detached: true });
    await new Promise((resolve) => first.stdout.once('data', resolve));
    const keep = [...shell.slice(1), '-c', KEEPER_SCRIPT, 'bxtui', String(first.pid)];
    const keeper = spawn(shell[0]!, keep, { env, stdio: ['pipe', 'ignore', 'ignore'] });
    const over = new Promise((resolve) => first.on('exit', resolve));
    keeper.stdin.end(`. ${shellQuote(library)}\n`);
    expect(await over).toBe(0);
    await expect.poll(() => sleeping(nap(34), nap(35)), { timeout: 5_000 }).toBe(0);
  });

  it.skipIf(process.platform !== 'linux')(
    'a signal reaches children and children of their own sessions, but not the wrapper',
    async () => {
      const tree = `sleep ${nap(31)} & setsid sleep ${nap(32)} & (sleep ${nap(33)} & wait) & wait`;
      const child = spawn(shell[0]!, [...shell.slice(1), wrapper, 'NONCE', '0', '0', '', 'bash', '-c', tree], {
        env: { PATH: '/usr/bin:/bin' },
        detached: true,
      });
      let stderr = '';
      child.stderr.setEncoding('latin1').on('data', (text: string) => {
        stderr += text;
      });
      await expect.poll(() => sleeping(nap(31), nap(32), nap(33)), { timeout: 5_000 }).toBe(3);
      const pid = /NONCE;S;(\d+)/.exec(stderr)?.[1];
      const killed = spawnSync(shell[0]!, [
        ...shell.slice(1),
        '-c',
        `. ${shellQuote(library)}; bx_kill KILL ${pid}; bx_list ${pid}; echo "$bx_all"`,
      ]);
      const status = await new Promise((resolve) => child.on('close', resolve));
      expect(killed.stdout.toString().trim().split(/\s+/)).toEqual([pid]);
      expect(status).toBe(0);
      expect(stderr).toContain('NONCE;E;137');
      await expect.poll(() => sleeping(nap(31), nap(32), nap(33)), { timeout: 5_000 }).toBe(0);
    },
  );

  it('text survives printf and quoting', () => {
    const text = "line 1\n\\n not a break 'quoted' $HOME `x` %s %d\r\n\tend \\0101 \\";
    expect(spawnSync(shell[0]!, [...shell.slice(1), '-c', printfCommand(text)], { encoding: 'utf8' }).stdout).toBe(text);
    const args = ['a b', "'", '$x', '', 'plain/1.0'];
    const script = `for a in ${shellJoin(args)}; do printf '%s|' "$a"; done`;
    expect(spawnSync(shell[0]!, [...shell.slice(1), '-c', script], { encoding: 'utf8' }).stdout).toBe(`${args.join('|')}|`);
  });
});

describe('argv of a wrapped program', () => {
  it('leaves a variable in place that the step itself has', () => {
    expect(wrappedArgs(['/bin/sh'], 'n', { args: ['vi'], env: ['PWD=/x'], tty: true, cols: 80, rows: 24 })).toEqual([
      '/bin/sh',
      '/.bxtui/run',
      'n',
      '24 80',
      '0',
      'OLDPWD SHLVL',
      'vi',
    ]);
  });
});

it('the scripts use no program of the image', () => {
  const words = new Set(
    `${WRAPPER_SCRIPT}\n${LIBRARY_SCRIPT}`
      .match(/(?:^|[;|&({]|\bthen|\bdo)\s*([a-z][a-z0-9_-]*)/gm)
      ?.map((w) => w.replace(/.*?([a-z0-9_-]+)$/s, '$1')),
  );
  for (const program of ['ps', 'pkill', 'grep', 'sed', 'awk', 'cat', 'cut', 'env', 'kill9', 'sleep', 'seq', 'mkdir']) {
    expect([program, words.has(program)]).toEqual([program, false]);
  }
  expect(readFileSync(wrapper, 'utf8')).toBe(WRAPPER_SCRIPT);
});

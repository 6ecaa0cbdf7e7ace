import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { planBridge } from '../../../src/private-engine/bridge.js';
import { dataBelow, prepareData, prepareDirectory, removeTree } from '../../../src/private-engine/directory.js';
import { complaint, dyingWords, logEnd, logTail, openEngineLog } from '../../../src/private-engine/engine-log.js';
import { sharedSettings } from '../../../src/private-engine/launch.js';
import { enginePaths } from '../../../src/private-engine/record.js';
import { removeData } from '../../../src/private-engine/traces.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bxtui-private-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('the log', () => {
  it('keeps its newest part in two files, readable by nobody else', () => {
    const path = join(dir, 'log');
    const log = openEngineLog(path, 100);
    for (let line = 0; line < 50; line++) log.write(`line ${line} of the daemon\n`);
    expect(readdirSync(dir).sort()).toEqual(['log', 'log.1']);
    expect(statSync(path).size + statSync(`${path}.1`).size).toBeLessThan(300);
    expect(readFileSync(path, 'utf8')).toMatch(/line 49 of the daemon\n$/);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('goes on behind what an earlier engine has written', () => {
    const path = join(dir, 'log');
    writeFileSync(path, 'x'.repeat(99));
    const log = openEngineLog(path, 100);
    log.write('ab');
    log.write('c');
    expect([readFileSync(path, 'utf8'), readFileSync(`${path}.1`, 'utf8').length]).toEqual(['c', 101]);
  });

  it('does not fail where it cannot be written', () => {
    expect(() => openEngineLog(join(dir, 'no/such/log')).write('lost')).not.toThrow();
  });

  it.each([
    ['time="1" level=info msg="starting"\nfailed to start daemon: no', 'failed to start daemon: no'],
    ['time="1" level=fatal msg="cannot \\"go\\"" error="why"\ntime="2" level=info msg=end', 'cannot "go": why'],
    ['first\nlast\n', 'last'],
    [
      'buildkitd: no socket\nmain.main\n\tmain.go:1\n[rootlesskit:child ] error: command [x] exited: 1\n[rootlesskit:parent] error: child exited: 1',
      'buildkitd: no socket',
    ],
    [
      'open: Permission denied\n[rootlesskit:parent] error: failed to setup network\n[rootlesskit:child ] error: EOF',
      '[rootlesskit:parent] error: failed to setup network',
    ],
    ['time="1" level=error msg="failed to kill: not running\\n"', 'failed to kill: not running'],
    ['', null],
  ])('of %j says %j', (text, said) => {
    writeFileSync(join(dir, 'log'), `failed to start an earlier one\n${text}`);
    const since = 'failed to start an earlier one\n'.length;
    expect(complaint(join(dir, 'log'), since)).toBe(said);
  });

  it.each([
    ['time="1" level=error msg="failed to kill runc: not running\\n"\ntime="2" level=info msg=end', null],
    [
      'time="1" level=error msg="a build failed"\npanic: index out of range\n\ngoroutine 1 [running]:\nmain.main()',
      'panic: index out of range',
    ],
    ['fatal error: out of memory\n\ngoroutine 2 [running]:', 'fatal error: out of memory'],
    ['time="1" level=fatal msg="no space left"', 'no space left'],
    [
      '[rootlesskit:child ] error: command [x y] exited: signal: killed\n[rootlesskit:parent] error: child exited: 255',
      'it was ended by a signal: killed',
    ],
    ['', null],
  ])('of a daemon that ran, and whose last is %j, has the dying words %j', (text, said) => {
    writeFileSync(join(dir, 'log'), text);
    expect(dyingWords(join(dir, 'log'), 0)).toBe(said);
  });

  it('has its last lines, of this start only, also where it was begun anew', () => {
    const path = join(dir, 'log');
    writeFileSync(path, 'old\n'.repeat(40));
    const since = logEnd(path);
    expect(logTail(path, since, 3)).toEqual([]);
    writeFileSync(path, 'a\nb\nc\nd\n');
    expect(logTail(path, since, 3)).toEqual(['b', 'c', 'd']);
  });
});

describe('the directory', () => {
  const pathsIn = (state: string) => enginePaths({ XDG_STATE_HOME: state });

  it('is its person’s alone', () => {
    const paths = pathsIn(join(dir, 's'));
    prepareDirectory(paths, 'dockerd');
    expect(statSync(paths.dir).mode & 0o777).toBe(0o700);
    rmSync(paths.dir, { recursive: true });
    mkdirSync(paths.dir, { mode: 0o755 });
    expect(() => prepareDirectory(paths, 'dockerd')).toThrow(/not yours alone/);
  });

  it('is refused where a socket in it would have too long a path', () => {
    const paths = pathsIn(join(dir, 'x'.repeat(80)));
    expect(() => prepareDirectory(paths, 'dockerd')).toThrow(/too long a path/);
  });
});

describe('the data', () => {
  it('goes into a directory that is new, empty or ours', () => {
    expect(prepareData(join(dir, 'd'), 'dockerd')).toBe(join(dir, 'd/dockerd'));
    writeFileSync(join(dir, 'd/dockerd/image'), '');
    expect(prepareData(join(dir, 'd'), 'dockerd')).toBe(join(dir, 'd/dockerd'));
    mkdirSync(join(dir, 'theirs/dockerd'), { recursive: true });
    writeFileSync(join(dir, 'theirs/dockerd/file'), '');
    expect(() => prepareData(join(dir, 'theirs'), 'dockerd')).toThrow(/not of a private engine/);
  });

  it('is removed, and nothing beside it', async () => {
    prepareData(dir, 'dockerd');
    mkdirSync(join(dir, 'buildkitd'));
    writeFileSync(join(dir, 'buildkitd/theirs'), '');
    expect(dataBelow(dir)).toEqual([join(dir, 'dockerd')]);
    await removeData(dir, [], process.env);
    expect(readdirSync(dir)).toEqual(['buildkitd']);
  });
});

it('removes what a daemon has closed to its own user', () => {
  mkdirSync(join(dir, 'run/libnetwork'), { recursive: true });
  writeFileSync(join(dir, 'run/libnetwork/x.sock'), '');
  chmodSync(join(dir, 'run/libnetwork'), 0o600);
  removeTree(join(dir, 'run'));
  expect(readdirSync(dir)).toEqual([]);
});

it('takes from the settings of a rootless dockerd how registries are reached, nothing else', () => {
  const env = { HOME: dir };
  mkdirSync(join(dir, '.config/docker'), { recursive: true });
  const file = join(dir, '.config/docker/daemon.json');
  writeFileSync(file, JSON.stringify({ hosts: ['tcp://0.0.0.0'], 'registry-mirrors': ['https://m'], 'data-root': '/x' }));
  expect(sharedSettings(env, false)).toEqual({ 'registry-mirrors': ['https://m'] });
  writeFileSync(file, '{ damaged');
  expect(sharedSettings(env, false)).toEqual({});
});

it('plans a bridge whose name and subnet are its own', () => {
  const [one, other] = [planBridge('bxtui-aaaaaa'), planBridge('bxtui-bbbbbb')];
  expect(one.subnet).toMatch(/^10\.213\.\d+\.0\/24$/);
  expect(one.subnet).not.toBe(other.subnet);
  expect(planBridge('bxtui-aaaaaa')).toEqual(one);
});

import { beforeEach, describe, expect, it } from 'vitest';
import type { FileEntry } from '../../../src/core/model/index.js';
import { createCommandLine } from '../../../src/monitor/command-line.js';
import { BxError } from '../../../src/platform/errors.js';
import type { FilesAnswer } from '../../../src/session/index.js';
import { FakeSession } from './fake-session.js';

let session: FakeSession;
const commandLine = () =>
  createCommandLine({
    session,
    attach: () => '',
    exit: () => undefined,
    size: () => ({ cols: 100, rows: 30 }),
    hasTerminal: true,
    invoke: null,
    now: () => 61_000,
  });
const say = async (line: string): Promise<string[]> => (await commandLine().run(line)).text.split('\n');
const failure = (line: string): Promise<BxError> =>
  commandLine()
    .run(line)
    .then(
      () => Promise.reject(new Error('it did not fail')),
      (error: unknown) => error as BxError,
    );
const asked = () => session.commands.at(-1);
const plain = { moment: 'after', note: null } as const;
const entry = (name: string, more: Partial<FileEntry> = {}): FileEntry => ({
  ...{ name, kind: 'file', permissions: 0o644, uid: 0, gid: 0, sizeBytes: 5, mtimeMs: 0.5, linkTarget: null },
  ...more,
});
const reading = (bytes: string | Uint8Array, isEnd = true): FilesAnswer => ({
  ...{ ...plain, kind: 'read', isEnd },
  base64: Buffer.from(bytes as string).toString('base64'),
});

beforeEach(() => {
  session = new FakeSession();
  session.startBuild();
  session.fail();
});

describe('ls', () => {
  const wish = (step: string, path: string, moment = 'auto') => ({
    type: 'step.files',
    step,
    moment,
    question: { kind: 'list', path },
  });
  it.each([
    ['ls', wish('6', '/')],
    ['ls /etc', wish('6', '/etc')],
    ['ls 3 etc', wish('3', 'etc')],
    ['ls -la build:1 "/a b"', wish('4', '/a b')],
    ['ls L2 --init /etc', wish('2', '/etc', 'before')],
    ['ls -- 9', wish('6', '9')],
    ['ls /a 9', null],
    ['ls --all', null],
  ])('%s', async (line, command) => {
    session.files = () => ({ ...plain, kind: 'list', entries: [], omitted: 0 });
    if (command === null) return expect((await failure(line)).code).toBe('usage');
    expect((await say(line)).at(-1)).toBe('it is empty');
    expect(asked()).toEqual(command);
  });

  it('tells of every kind of file what there is to tell, and lets none of them act', async () => {
    const entries = [
      entry('a'),
      entry('d', { kind: 'dir', permissions: 0o1777, sizeBytes: 0 }),
      entry('l', { kind: 'symlink', permissions: 0o777, sizeBytes: 0, linkTarget: '../x\u001b[31m' }),
      entry('su', { permissions: 0o4654, uid: 12, gid: 34 }),
      entry('line\n\u001b]0;title\u0007'),
    ];
    session.files = () => ({ moment: 'before', note: 'as it \u001b[1mwas', kind: 'list', entries, omitted: 3 });
    expect(await say('ls 3')).toEqual([
      'step 3 · RUN ["/bin/busybox","--install","-s","/bin"] · line 3 · state before it ran',
      'as it was',
      'MODE        OWNER  SIZE  MODIFIED             NAME',
      '-rw-r--r--  0:0    5     1970-01-01 00:00:00  a',
      'drwxrwxrwt  0:0          1970-01-01 00:00:00  d',
      'lrwxrwxrwx  0:0          1970-01-01 00:00:00  l -> "../x\\u001b[31m"',
      '-rwSr-xr--  12:34  5     1970-01-01 00:00:00  su',
      '-rw-r--r--  0:0    5     1970-01-01 00:00:00  "line\\n\\u001b]0;title\\u0007"',
      '… and 3 more',
    ]);
  });

  it('tells of a file that it is named', async () => {
    session.files = ({ kind }) => {
      if (kind === 'list') throw new BxError('input', 'no directory');
      return { ...plain, kind: 'stat', entry: entry('passwd') };
    };
    expect((await say('ls /etc/passwd')).at(-1)).toMatch(/^-rw.* passwd$/);
    session.files = () => {
      throw new BxError('not-found', 'there is no "/x" in step 6');
    };
    expect((await failure('ls /x')).code).toBe('not-found');
  });

  it('completes steps', () => {
    expect(commandLine().complete('ls ', 3).candidates).toEqual(expect.arrayContaining(['1', '7', '--init']));
    expect(commandLine().complete('cat 3 --o', 9).candidates).toEqual(['--offset']);
  });

  it('says so when the session is older than the question', async () => {
    session.execute = async () => ({ process: null });
    expect((await failure('ls')).code).toBe('unsupported');
  });
});

describe('cat', () => {
  it.each([
    ['cat /a', { path: '/a', offset: 0, length: 65_536 }],
    ['cat --offset 7 --bytes=9 /a', { path: '/a', offset: 7, length: 9 }],
    ['cat 3 --init -- -', { path: '-', offset: 0, length: 65_536 }],
    ['cat', null],
    ['cat /a /b', null],
    ['cat --offset x /a', null],
    ['cat /a --bytes', null],
  ])('%s', async (line, question) => {
    session.files = () => reading('x');
    if (question === null) return expect((await failure(line)).code).toBe('usage');
    await commandLine().run(line);
    expect(asked()).toMatchObject({ question: { kind: 'read', ...question } });
  });

  it('prints text that cannot act, and says when it is not all', async () => {
    session.files = () => reading('one\r\ntwo\u001b[2J\n', false);
    expect((await say('cat /a')).slice(1)).toEqual(['one', 'two', '… it goes on: cat 6 --offset 13 /a']);
    expect((await say('cat 3 --init "/a b"')).at(-1)).toMatch(/: cat 3 --init --offset 13 (['"]\/a b['"]|\/a\\ b)$/);
    session.files = () => reading('');
    expect((await say('cat /a')).slice(1)).toEqual(['it is empty']);
    expect((await say('cat --offset 9 /a')).slice(1)).toEqual(['it ends before that']);
  });

  it('takes a character that is cut at an end for none of its business', async () => {
    const bytes = Buffer.from('äöü');
    session.files = () => reading(bytes.subarray(1, 5), false);
    expect((await say('cat --offset 1 /a'))[1]).toBe('ö');
    session.files = () => reading(bytes.subarray(0, 5), true);
    expect((await say('cat /a'))[1]).toMatch(/^0{8} {2}c3 a4 c3 b6 c3 /);
  });

  it('shows the first bytes of what is no text', async () => {
    session.files = () => reading(Buffer.concat([Buffer.from('ELF\0~'), Buffer.alloc(300, 200)]));
    const lines = (await say('cat --offset 16 /a')).slice(1);
    expect(lines[0]).toBe('00000010  45 4c 46 00 7e c8 c8 c8 c8 c8 c8 c8 c8 c8 c8 c8  |ELF.~...........|');
    expect(lines).toHaveLength(17);
    expect(lines.at(-1)).toBe('… it goes on: cat 6 --offset 272 /a');
  });
});

describe('changes', () => {
  it('has a line for each path', async () => {
    const changes = [
      { path: '/a b', kind: 'added' },
      { path: '/c', kind: 'changed' },
      { path: '/d\n', kind: 'deleted' },
    ] as const;
    session.files = () => ({ moment: 'failed', note: null, kind: 'changes', changes, omitted: 1 });
    const [head, ...lines] = await say('changes');
    expect(head).toContain('· failed state');
    expect(lines).toEqual(['A /a b', 'C /c', 'D "/d\\n"', '… and 1 more']);
    expect(asked()).toEqual({ type: 'step.files', step: '6', moment: 'auto', question: { kind: 'changes' } });
    session.files = () => ({ ...plain, kind: 'changes', changes: [], omitted: 0 });
    expect((await say('changes 3')).slice(1)).toEqual(['it has changed no files']);
    expect((await failure('changes /x')).code).toBe('usage');
    expect((await failure('changes --init')).code).toBe('usage');
  });
});

import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createLogStore, LOG_HEAD_CHARS, LOG_TAIL_CHARS } from '../../../src/session/log-store.js';
import { createReplayRing } from '../../../src/session/replay-ring.js';

const directory = () => join(tmpdir(), `bxtui-test-${randomUUID()}`);

describe('the log store', () => {
  it('keeps a short log whole, per generation and step, without touching the disk', () => {
    const dir = directory();
    const logs = createLogStore(dir);
    logs.append(1, '3', 'a\n');
    logs.append(1, '3', 'b\n');
    logs.append(2, '3', 'other');
    expect(logs.read(1, '3')).toEqual({ head: 'a\nb\n', tail: '', omittedBytes: 0, file: null });
    expect(existsSync(dir)).toBe(false);
  });

  it('bounds memory by head and tail, and keeps all of it in a private file', () => {
    const dir = directory();
    const logs = createLogStore(dir);
    const line = `${'x'.repeat(1023)}\n`;
    const lines = 8 * 1024;
    for (let i = 0; i < lines; i++) logs.append(1, '3', `${i}`.padStart(8, '0') + line.slice(8));
    const log = logs.read(1, '3');
    expect(log.head.length).toBe(LOG_HEAD_CHARS);
    expect(log.tail.length).toBeLessThanOrEqual(2 * LOG_TAIL_CHARS);
    expect(log.head.length + log.tail.length + log.omittedBytes).toBe(lines * 1024);
    expect(log.tail.endsWith(`${lines - 1}`.padStart(8, '0') + line.slice(8))).toBe(true);
    const whole = readFileSync(log.file!, 'utf8');
    expect(whole.length).toBe(lines * 1024);
    expect(statSync(log.file!).mode & 0o777).toBe(0o600);
    logs.dispose();
    expect(existsSync(dir)).toBe(false);
  });

  it('says once that a log is in a file, which has all of it when nothing more is to come', () => {
    const dir = directory();
    const files: string[] = [];
    const logs = createLogStore(dir, (generation, step, file) => files.push(`${generation} ${step} ${file}`));
    const text = 'y'.repeat(LOG_HEAD_CHARS + 2 * LOG_TAIL_CHARS + 1);
    logs.append(1, '3', text);
    logs.append(1, '3', 'the end');
    logs.flush(1, '3');
    expect(files).toEqual([`1 3 ${join(dir, 'g1-1.log')}`]);
    expect(readFileSync(join(dir, 'g1-1.log'), 'utf8')).toBe(`${text}the end`);
    logs.dispose();
  });

  it('makes no second file of a log whose file was taken away, since it would begin in the middle', () => {
    const dir = directory();
    const logs = createLogStore(dir);
    logs.append(1, '3', 'y'.repeat(LOG_HEAD_CHARS + 2 * LOG_TAIL_CHARS + 1));
    expect(logs.read(1, '3').file).toBe(join(dir, 'g1-1.log'));
    rmSync(dir, { recursive: true });
    logs.append(1, '3', 'the end');
    const { file, tail } = logs.read(1, '3');
    expect([file, tail.endsWith('the end'), existsSync(dir)]).toEqual([null, true, false]);
  });

  it('knows of a file that somebody else keeps', () => {
    const logs = createLogStore(null);
    logs.append(1, '3', 'a');
    logs.keptIn(1, '3', '/spill/1.log');
    logs.append(1, '3', 'b');
    expect(logs.read(1, '3')).toEqual({ head: 'ab', tail: '', omittedBytes: 0, file: '/spill/1.log' });
  });

  it('loses only the file when the disk refuses', () => {
    const logs = createLogStore('/dev/null/nowhere');
    for (let i = 0; i < 5; i++) logs.append(1, '3', 'y'.repeat(1 << 20));
    expect(logs.read(1, '3').file).toBeNull();
    expect(logs.read(1, '3').tail.length).toBeGreaterThan(0);
  });

  it('goes on with what somebody else has kept, without a file of its own when it has no directory', () => {
    const logs = createLogStore(null);
    logs.seed(1, '2', { head: 'a', tail: '', omittedBytes: 0, file: null });
    logs.append(1, '2', 'b');
    expect(logs.read(1, '2')).toEqual({ head: 'ab', tail: '', omittedBytes: 0, file: null });
    logs.seed(1, '3', { head: '', tail: 'end', omittedBytes: 10, file: '/spill/1.log' });
    logs.append(1, '3', '!');
    expect(logs.read(1, '3')).toEqual({ head: '', tail: 'end!', omittedBytes: 10, file: '/spill/1.log' });
    for (let i = 0; i < 40; i++) logs.append(1, '2', 'x'.repeat(100_000));
    const { head, tail, omittedBytes, file } = logs.read(1, '2');
    expect(head.length + tail.length + omittedBytes).toBe(4_000_002);
    expect(tail.length).toBeLessThanOrEqual(2 * LOG_TAIL_CHARS);
    expect(file).toBeNull();
    logs.dispose();
  });
});

describe('a replay ring', () => {
  it('keeps the newest bytes and starts after a line break once it had to drop some', () => {
    const ring = createReplayRing(16);
    for (let i = 0; i < 100; i++) ring.push(Buffer.from(`line ${i}\n`));
    expect(Buffer.from(ring.bytes()).toString()).toBe('line 99\n');
    ring.push(Buffer.from('x'));
    expect(Buffer.from(ring.bytes()).toString()).toBe('line 99\nx');
  });

  it('gives everything back while it fits', () => {
    const ring = createReplayRing(100);
    ring.push(Buffer.from('a\nb'));
    expect(Buffer.from(ring.bytes()).toString()).toBe('a\nb');
  });
});

import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { historyPath, openHistory } from '../../../../src/cli/build/line-history.js';
import { HISTORY_MAX } from '../../../../src/monitor/line/index.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bxtui-history-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('the history of the prompt', () => {
  it('is there in the next run, the newest first, for its owner alone', () => {
    const path = join(dir, 'deep/er/history');
    const first = openHistory(path);
    for (const line of ['ps', 'list', 'list', ' exec -e PASSWORD=x login']) first.add(line);
    expect(first.lines[0]).toBe(' exec -e PASSWORD=x login');
    expect(openHistory(path).lines).toEqual(['list', 'ps']);
    expect(readFileSync(path, 'utf8')).not.toContain('PASSWORD');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(dir, 'deep/er')).mode & 0o777).toBe(0o700);
  });

  it('is bounded, in memory and in its file', () => {
    const path = join(dir, 'history');
    writeFileSync(path, Array.from({ length: 3 * HISTORY_MAX }, (_, n) => `exec ${n}\n`).join(''));
    const history = openHistory(path);
    expect(history.lines).toHaveLength(HISTORY_MAX);
    expect(history.lines[0]).toBe(`exec ${3 * HISTORY_MAX - 1}`);
    history.add('one more');
    expect(history.lines).toHaveLength(HISTORY_MAX);
    expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(HISTORY_MAX + 2);
  });

  it('lasts for the run where no file can be had', () => {
    writeFileSync(join(dir, 'file'), '');
    const history = openHistory(join(dir, 'file/history'));
    history.add('ps');
    expect(history.lines).toEqual(['ps']);
  });

  it('is with what else is kept of a person', () => {
    expect(historyPath({ HOME: '/home/me' })).toBe('/home/me/.local/state/bxtui/history');
    expect(historyPath({ HOME: '/home/me', XDG_STATE_HOME: '/var/me' })).toBe('/var/me/bxtui/history');
    expect(historyPath({ HOME: '/home/me', XDG_STATE_HOME: 'relative' })).toBe('/home/me/.local/state/bxtui/history');
  });
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createServerLog, isLogLine } from '../../../../src/cli/sessions/server-log.js';
import { readServerOptions } from '../../../../src/cli/sessions/server-options.js';

let dir: string;
let file: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bxtui-options-'));
  mkdirSync(join(dir, 'conf'));
  file = join(dir, 'conf/server.toml');
  writeFileSync(file, 'root = "../sessions"\nlog_file = "a.log"\nidle = "2h"\nlog_level = "info"\n');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('what a run says of its sessions', () => {
  it('counts the paths of the file from its directory, wherever the run is', () => {
    const told = { logFile: join(dir, 'conf/a.log'), logLevel: 'info', idleHours: 2, root: join(dir, 'sessions') };
    expect(readServerOptions({ root: null, serverConfig: file }, {})).toMatchObject(told);
    expect(readServerOptions({ root: null, serverConfig: relative(process.cwd(), file) }, {})).toMatchObject(told);
  });

  it('puts --root before the file, and the file before BXTUI_ROOT', () => {
    const env = { BXTUI_ROOT: '/weaker' };
    expect(readServerOptions({ root: '/given', serverConfig: file }, env)).toMatchObject({ root: '/given', namedRoot: '/given' });
    expect(readServerOptions({ root: null, serverConfig: file }, env).root).toBe(join(dir, 'sessions'));
    expect(readServerOptions({ root: null, serverConfig: null }, env)).toMatchObject({ root: '/weaker', namedRoot: null });
  });
});

describe('the log of a server', () => {
  const client = { id: 1, kind: 'screen', isReadOnly: true, label: 'tty\x1b[2J1', version: '1', connectedAtMs: 0 } as const;
  const log = (level: Parameters<typeof createServerLog>[1]): string[] => {
    const lines: string[] = [];
    const { write, clientsChanged } = createServerLog(
      '0123abcd',
      level,
      (text) => lines.push(text),
      () => 0,
    );
    for (const at of ['error', 'warn', 'info', 'debug'] as const) write(at, at);
    clientsChanged([client]);
    clientsChanged([client, { ...client, id: 2 }]);
    clientsChanged([]);
    return lines;
  };

  it('has as much as its level asks for', () => {
    expect(log(null)).toEqual(['1970-01-01T00:00:00.000Z error 0123abcd  error\n']);
    expect(log('fatal')).toEqual([]);
    expect(log('warn')).toHaveLength(2);
    expect(log('debug')).toHaveLength(8);
  });

  it('names who comes and goes once, on one line without their escape sequences', () => {
    const lines = log('info').slice(3);
    expect(lines.map((line) => line.replace(/^.*abcd {2}/, ''))).toEqual([
      expect.stringMatching(/^client 1 \(screen, tty\S*1, 1, read-only\) has come\n$/),
      expect.stringMatching(/^client 2 .* has come\n$/),
      expect.stringMatching(/^client 1 .* has gone\n$/),
      expect.stringMatching(/^client 2 .* has gone\n$/),
    ]);
    expect(lines.join('')).not.toContain('\x1b');
    expect(lines.every(isLogLine)).toBe(true);
    expect(isLogLine('    at Socket.emit (node:events:519:28)')).toBe(false);
  });
});

/** Who comes into a session: its user alone; and programs of another version only as far as to end it. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRecord, prepareLog } from '../../src/session/records/session-records.js';
import { Sessions } from '../helpers/detached.js';
import { BASE, createProject } from '../helpers/project.js';

let sessions: Sessions;
beforeEach(() => {
  sessions = new Sessions();
});
afterEach(() => sessions.end());

/** What a stranger's program says: tries to look around, and to connect. */
const STRANGER = `
const { readdirSync, readFileSync } = require('node:fs');
const net = require('node:net');
const [root, id] = process.argv.slice(1);
const tries = { list: () => readdirSync(root), token: () => readFileSync(root + '/' + id + '/token'), record: () => readFileSync(root + '/' + id + '/session.json') };
for (const [name, attempt] of Object.entries(tries)) {
  try { attempt(); console.log(name, 'WORKED'); } catch (error) { console.log(name, error.code); }
}
const socket = net.connect(root + '/' + id + '/socket');
socket.on('error', (error) => console.log('connect', error.code));
let said = '';
socket.on('data', (data) => { said += data.toString('latin1'); });
socket.on('end', () => { console.log('connect', said.includes('refused') ? 'REFUSED' : 'WORKED'); });
setTimeout(() => process.exit(), 3000).unref();
`;

function asStranger(...args: string[]): string {
  return spawnSync('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, '-e', STRANGER, ...args], {
    encoding: 'utf8',
    cwd: '/',
  }).stdout;
}

describe.skipIf(process.getuid?.() !== 0)('another user', () => {
  it('gets nowhere, not even where the directories were opened by mistake, which is told to whose they are', async () => {
    const id = await sessions.detach(createProject(`${BASE}RUN exit 3\n`));
    const shut = 'list EACCES\ntoken EACCES\nrecord EACCES\nconnect EACCES\n';
    expect(asStranger(sessions.root, id)).toBe(shut);
    for (const path of ['', id]) chmodSync(join(sessions.root, path), 0o755);
    expect(asStranger(sessions.root, id)).toBe('list WORKED\ntoken EACCES\nrecord EACCES\nconnect EACCES\n');
    chmodSync(join(sessions.root, id, 'socket'), 0o666);
    expect(asStranger(sessions.root, id)).toContain('connect REFUSED');
    const own = await sessions.run('ls');
    expect([own.status, own.stderr]).toEqual([1, expect.stringContaining(`chmod 700 ${sessions.root}`)]);
    chmodSync(sessions.root, 0o700);
    expect(await sessions.list()).toMatchObject([{ id, state: 'no answer' }]);
    chmodSync(join(sessions.root, id), 0o700);
    chmodSync(join(sessions.root, id, 'socket'), 0o600);
    expect((await sessions.list())[0]?.state).not.toBe('no answer');
  });

  it('gets no keys of somebody who attaches to a socket of theirs', async () => {
    const id = await sessions.detach(createProject(`${BASE}RUN exit 3\n`));
    const path = join(sessions.root, id, 'socket');
    execFileSync('chown', ['65534', path]);
    expect(await sessions.list()).toMatchObject([{ id, state: 'no answer' }]);
    execFileSync('chown', ['0', path]);
    expect((await sessions.list())[0]?.state).not.toBe('no answer');
  });
});

/** A server of some other version: nothing of it is known but the frozen messages. */
const OTHER_SERVER = `
const net = require('node:net');
const frame = (message) => { const text = Buffer.from(JSON.stringify(message)); const head = Buffer.alloc(5); head.writeUInt32BE(text.length); return Buffer.concat([head, text]); };
const server = net.createServer((socket) => {
  socket.on('error', () => {});
  socket.write(frame({ type: 'hello', protocol: 99, version: '9.9.9' }));
  socket.on('data', (data) => {
    if (!data.toString('latin1').includes('"kill"')) return;
    socket.end();
    server.close();
    setTimeout(() => process.exit(0), 50);
  });
}).listen(process.argv[1], () => { require('node:fs').chmodSync(process.argv[1], 0o600); console.log('listening'); });
`;

async function startOther(id: string): Promise<ChildProcess> {
  const path = join(sessions.root, id, 'socket');
  const about = { startedAtMs: Date.now(), context: '.', dockerfile: '/x/Dockerfile', cwd: '/x' };
  prepareLog(sessions.root, id);
  const child = spawn(process.execPath, ['-e', OTHER_SERVER, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  createRecord(sessions.root, { id, pid: child.pid!, version: '9.9.9', ...about });
  await new Promise((resolve) => child.stdout!.once('data', resolve));
  return child;
}

describe('a session of another version', () => {
  it('is listed with it, cannot be attached to, which says what to upgrade, and is ended', async () => {
    const child = await startOther('abcd0000');
    expect(await sessions.list()).toMatchObject([{ id: 'abcd0000', state: 'other version', version: '9.9.9' }]);
    expect((await sessions.run('ls')).stdout).toContain('version 9.9.9');
    const terminal = await sessions.attach('abcd0000', { isShown: false });
    expect((await terminal.waitForExit()).code).toBe(1);
    expect(terminal.screen()).toMatch(/do not\s+understand each other/);
    expect(terminal.screen()).toMatch(/upgrade this\s+program to 9\.9\.9/);
    const ended = new Promise((resolve) => child.once('exit', resolve));
    expect((await sessions.run('kill', 'abcd0000')).stdout).toBe('abcd0000\n');
    expect(await ended).toBe(0);
    expect(await sessions.list()).toEqual([]);
  });

  it('can end one of this version', async () => {
    const id = await sessions.detach(createProject(`${BASE}RUN exit 3\n`));
    const killer = `
      const frame = (message) => { const text = Buffer.from(JSON.stringify(message)); const head = Buffer.alloc(5); head.writeUInt32BE(text.length); return Buffer.concat([head, text]); };
      const socket = require('node:net').connect(process.argv[1]);
      socket.write(frame({ type: 'hello', protocol: 1, version: '0.0.1', kind: 'command', isReadOnly: false, label: 'kill' }));
      socket.write(frame({ type: 'kill' }));
      socket.resume().on('close', () => process.exit(0));
    `;
    expect(spawnSync(process.execPath, ['-e', killer, join(sessions.root, id, 'socket')], { timeout: 15_000 }).status).toBe(0);
    for (let tries = 0; tries < 100 && existsSync(join(sessions.root, id)); tries++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(await sessions.list()).toEqual([]);
  });
});

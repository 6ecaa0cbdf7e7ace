import { execFile, execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSshForwarder } from '../../../../../src/engine/buildkit/session/ssh-agent.js';
import { readSshKey } from '../../../../../src/engine/shared/ssh-keys.js';
import { which } from '../../../../setup/command.mjs';

const run = promisify(execFile);
let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'bxtui-keys-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const KINDS = [
  ['ed25519', ['-t', 'ed25519']],
  ['rsa', ['-t', 'rsa', '-b', '2048']],
  ['ecdsa', ['-t', 'ecdsa', '-b', '256']],
  ['ecdsa of 384 bits', ['-t', 'ecdsa', '-b', '384']],
  ['ecdsa of 521 bits', ['-t', 'ecdsa', '-b', '521']],
  ['rsa in PEM', ['-t', 'rsa', '-b', '2048', '-m', 'PEM']],
  ['ecdsa in PEM', ['-t', 'ecdsa', '-b', '256', '-m', 'PEM']],
] as const;

/** The forwarder as a container sees it: a socket. */
async function listen(keys: readonly string[]): Promise<{ readonly socket: string; readonly server: Server }> {
  const socket = join(dir, `agent-${Math.random()}`);
  const forwarder = createSshForwarder([{ id: 'default', keys }]);
  const server = createServer(async (connection) => {
    const abort = new AbortController();
    connection.on('close', () => abort.abort());
    for await (const answer of forwarder.forward('', connection, abort.signal)) connection.write(answer);
    connection.end();
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return { socket, server };
}

describe.skipIf(which('ssh-keygen') === null)('an agent that holds keys of files', () => {
  it.each(KINDS)('lists it and gives a signature that ssh accepts: %s', async (name, flags) => {
    const file = join(dir, `signing-${name.replaceAll(' ', '-')}`);
    execFileSync('ssh-keygen', [...flags, '-q', '-N', '', '-C', '', '-f', file]);
    const { socket, server } = await listen([file]);
    const env = { ...process.env, SSH_AUTH_SOCK: socket };
    const [kind, blob] = readFileSync(`${file}.pub`, 'utf8').split(' ');
    expect((await run('ssh-add', ['-L'], { env })).stdout).toContain(`${kind} ${blob?.trim()}`);
    const data = join(dir, `data-${name}`);
    writeFileSync(data, 'signed\n');
    // With the public key only, ssh-keygen has to ask the agent.
    const publicOnly = `${file}-only.pub`;
    writeFileSync(publicOnly, readFileSync(`${file}.pub`));
    await run('ssh-keygen', ['-Y', 'sign', '-n', 'file', '-f', publicOnly, data], { env });
    writeFileSync(join(dir, 'allowed'), `me ${readFileSync(`${file}.pub`, 'utf8')}`);
    const verified = execFileSync('sh', [
      '-c',
      'ssh-keygen -Y verify -f "$0" -I me -n file -s "$1.sig" < "$1"',
      join(dir, 'allowed'),
      data,
    ]);
    expect(verified.toString()).toContain('Good "file" signature');
    server.close();
  });

  it('refuses a key that is protected by a passphrase, and what is no key', () => {
    const file = join(dir, 'protected');
    execFileSync('ssh-keygen', ['-t', 'ed25519', '-q', '-N', 'secret', '-f', file]);
    expect(() => readSshKey(file)).toThrow('is protected by a passphrase');
    const pem = generateKeyPairSync('rsa', {
      ...{ modulusLength: 2048, publicKeyEncoding: { type: 'spki', format: 'pem' } },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' },
    }).privateKey;
    writeFileSync(file, pem);
    expect(() => readSshKey(file)).toThrow('is protected by a passphrase');
    writeFileSync(file, 'nothing\n');
    expect(() => readSshKey(file)).toThrow('is no private key that can be used');
    expect(() => readSshKey(join(dir, 'gone'))).toThrow('cannot be read');
  });
});

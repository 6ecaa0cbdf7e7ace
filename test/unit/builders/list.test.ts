import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NO_WISH } from '../../../src/builders/index.js';
import { listEndpoints } from '../../../src/builders/list.js';

let config: string;
beforeEach(() => {
  config = mkdtempSync(join(tmpdir(), 'bxtui-list-'));
});
afterEach(() => rmSync(config, { recursive: true, force: true }));

function write(path: string, text: string): void {
  mkdirSync(join(config, path, '..'), { recursive: true });
  writeFileSync(join(config, path), text);
}
const idOf = (name: string): string => createHash('sha256').update(name).digest('hex');
const addContext = (name: string, host: string, id = idOf(name)): void =>
  write(`contexts/meta/${id}/meta.json`, JSON.stringify({ Name: name, Endpoints: { docker: { Host: host } } }));

async function list(env: Record<string, string> = {}, builder: string | null = null) {
  const options = { exists: (path: string) => path.startsWith(config) && path.endsWith('.sock'), uid: 0 };
  const found = await listEndpoints({ DOCKER_CONFIG: config, HOME: config, ...env }, options, { ...NO_WISH, builder });
  return found.map(({ source, endpoint, problem, isChosen }) => {
    return `${isChosen ? '*' : ' '} ${source}: ${endpoint?.address ?? problem?.message}`;
  });
}

describe('the list of endpoints', () => {
  it('has the default socket alone where nothing is set', async () => {
    rmSync(config, { recursive: true });
    const found = await listEndpoints({ DOCKER_CONFIG: config, HOME: config }, { exists: () => false, uid: 0 });
    expect(found).toMatchObject([{ source: 'default socket', problem: null, isChosen: true }]);
  });

  it('has everything in the order of the choice, and marks what a build would use', async () => {
    addContext('work', 'tcp://w:1');
    write(
      'buildx/instances/big',
      JSON.stringify({ Name: 'big', Driver: 'remote', Nodes: [{ Name: 'n', Endpoint: 'tcp://b:1' }] }),
    );
    const env = { BUILDKIT_HOST: 'tcp://k:1', DOCKER_HOST: 'unix:///d.sock', XDG_RUNTIME_DIR: join(config, 'run') };
    const all = [
      'BUILDKIT_HOST: tcp://k:1',
      'DOCKER_HOST: unix:///d.sock',
      'buildx builder "big": tcp://b:1',
      'docker context "work": tcp://w:1',
      'default socket: unix:///var/run/docker.sock',
      `rootless socket: unix://${config}/run/docker.sock`,
    ];
    const marked = (chosen: string) => all.map((row) => `${row.startsWith(chosen) ? '*' : ' '} ${row}`);
    const known = async (env: Record<string, string>, builder: string | null = null) =>
      (await list(env, builder)).slice(0, all.length);
    expect(await known(env)).toEqual(marked('BUILDKIT_HOST'));
    expect(await known({ ...env, BUILDX_BUILDER: 'big' })).toEqual(marked('buildx builder'));
    expect(await known(env, 'work')).toEqual(marked('docker context'));
  });

  it('shows what is wrong in its own row, and all the others', async () => {
    addContext('good', 'tcp://g:1');
    addContext('odd', 'gopher://x');
    write(`contexts/meta/${'b'.repeat(64)}/meta.json`, '{');
    addContext('stolen', 'tcp://s:1', 'c'.repeat(64));
    mkdirSync(join(config, 'contexts/meta', 'd'.repeat(64)), { recursive: true });
    write('buildx/instances/broken', 'null');
    const rows = (await list({ DOCKER_HOST: 'ftp://x' })).join('\n');
    expect(rows).toMatch(/\* .*DOCKER_HOST names "ftp:\/\/x": there is no such scheme/);
    expect(rows).toMatch(/buildx builder "broken": .*instances\/broken is damaged/);
    expect(rows).toMatch(/docker context "good": tcp:\/\/g:1/);
    expect(rows).toMatch(/docker context "odd": .*no such scheme as gopher/);
    expect(rows).toMatch(/docker context "b{12}": .*meta\.json is not valid JSON/);
    expect(rows).toMatch(/docker context "stolen": .*that of another context/);
    expect(rows).toMatch(/docker context "d{12}": .*meta\.json is missing/);
  });

  it('starts no builder', async () => {
    write(
      'buildx/instances/big',
      JSON.stringify({ Name: 'big', Driver: 'docker-container', Nodes: [{ Name: 'big0', Endpoint: 'unix:///d.sock' }] }),
    );
    const found = await listEndpoints({ DOCKER_CONFIG: config, HOME: config }, { uid: 0 }, { ...NO_WISH, builder: 'big' });
    const nodes = found.filter(({ source }) => source === 'buildx builder "big"');
    expect(nodes).toHaveLength(1);
    expect(nodes[0]!.endpoint!.node!.mayStart).toBe(false);
  });
});

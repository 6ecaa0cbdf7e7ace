/** Contexts of the classic builder that are no directory: they are brought here first, into a directory that goes with the session. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createRepository } from '../helpers/engine-network.js';
import { CLASSIC, engineEnv, isDocker, testEngine } from '../helpers/engines.js';
import { BASE, createProject, removeProjects } from '../helpers/project.js';
import { endRuns, type RunResult, runBxtui } from '../helpers/run.js';
import { inShell, quit, shellOpens } from '../helpers/session.js';
import { closeTerminals, startTerminal } from '../helpers/terminal.js';
import { findBusybox } from '../setup/busybox.mjs';
import { which } from '../setup/command.mjs';

const address = testEngine().replace(CLASSIC, '');
const env = engineEnv(`${CLASSIC}${address}`);
const DOCKERFILE = `${BASE.replace('@RUN_ID@', '1')}COPY . /all/\nRUN echo "it says $(cat /all/note)"\n`;
const FAILING = `${BASE.replace('@RUN_ID@', '1')}COPY note /note\nRUN echo no; exit 9\n`;

let server: Server;
let url: string;
let repository: ReturnType<typeof createRepository>;
let own: string;

beforeAll(async () => {
  const busybox = readFileSync(findBusybox());
  const tree = (note: string) => ({
    busybox,
    Dockerfile: DOCKERFILE,
    'sub/busybox': busybox,
    'sub/Dockerfile': DOCKERFILE,
    'sub/note': `${note} below\n`,
    'other/Failing': FAILING,
    note: `${note}\n`,
    'other/Ignoring': 'FROM scratch\nCOPY ignored /\n',
    '.dockerignore': 'ignored\n',
    ignored: 'ignored\n',
  });
  repository = createRepository({ master: tree('master'), dev: tree('dev') });
  writeFileSync(join(repository.dir, 'only.Dockerfile'), 'FROM scratch\nCOPY Dockerfile /\n');
  server = createServer((request, response) => {
    try {
      response.end(readFileSync(join(repository.dir, new URL(request.url ?? '', 'http://x').pathname)));
    } catch {
      response.writeHead(404).end('nothing there');
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  own = mkdtempSync(join(tmpdir(), 'bxtui-classic-contexts-'));
});
afterAll(() => {
  server.close();
  repository.remove();
  rmSync(own, { recursive: true, force: true });
});
afterEach(async () => {
  endRuns();
  await closeTerminals();
  removeProjects();
  expect(readdirSync(own)).toEqual([]);
});

const build = (args: readonly string[], input: string | Readable = '', more: NodeJS.ProcessEnv = {}): Promise<RunResult> =>
  runBxtui(['build', '--progress=plain', '--no-cache', ...args], { input, env: { ...env, TMPDIR: own, ...more } });

describe.skipIf(!isDocker(address))('the classic builder', () => {
  it('is given a git repository with a ref and a directory, without what its ignore file names', async () => {
    const whole = await build([`${url}/app.git`]);
    expect(whole.status, whole.output).toBe(0);
    expect(whole.output).toContain('it says master');
    const failing = await build(['-f', 'other/Failing', `${url}/app.git#dev`]);
    expect(failing.status, failing.output).toBe(1);
    expect(failing.output).toMatch(/>>> RUN echo no; exit 9/);
    const below = await build([`${url}/app.git#dev:sub`]);
    expect(below.output).toContain('it says dev below');
    const ignored = await build(['-f', 'other/Ignoring', `${url}/app.git#dev`]);
    expect(ignored.output).toMatch(/ignored.* is not in the build context/);
    expect(ignored.status, ignored.output).toBe(1);
    const missing = await build([`${url}/app.git#nothing`]);
    expect(missing.output).toMatch(/remote ref nothing[\s\S]*URL#main/);
    expect(missing.status).toBe(1);
  });

  it('is given an archive or a lone Dockerfile by its URL', async () => {
    const archive = await build([`${url}/all.tgz`]);
    expect(archive.status, archive.output).toBe(0);
    expect(archive.output).toContain('it says master');
    // Whoever has packed it has chosen: nothing is left out of it.
    const ignoring = await build(['-f', 'other/Ignoring', `${url}/all.tgz`]);
    expect(ignoring.status, ignoring.output).toBe(0);
    const only = await build([`${url}/only.Dockerfile`]);
    expect(only.status, only.output).toBe(0);
    const missing = await build([`${url}/none.tar`]);
    expect(missing.output).toContain('the server answered 404 Not Found: nothing there');
    expect(missing.status).toBe(1);
  });

  it('is given what only the proxy of the environment can get', async () => {
    const through = await build(['http://files.test/all.tgz'], '', { HTTP_PROXY: url });
    expect(through.status, through.output).toBe(0);
    expect(through.output).toContain('it says master');
    const refused = await build(['http://files.test/all.tgz'], '', { HTTP_PROXY: 'http://127.0.0.1:1' });
    expect(refused.output).toMatch(/cannot get http:\/\/files\.test\/all\.tgz by the proxy http:\/\/127\.0\.0\.1:1/);
    expect(refused.status).toBe(1);
  });

  it.for(['bzip2 -c', 'xz -1c'])('is given an archive by standard input, packed with %s', async (packer, { skip }) => {
    skip(which(packer.replace(/ .*/, '')) === null, `there is no ${packer}`);
    const packed = execFileSync('sh', ['-c', `${packer} ${join(repository.dir, 'all.tar')}`], { maxBuffer: 64 << 20 });
    // Nothing is left out of an archive: whoever packs it has chosen.
    const text = `${BASE.replace('@RUN_ID@', '1')}COPY ignored /\nRUN cat /ignored; exit 3\n`;
    writeFileSync(join(repository.dir, 'tree/Ignoring'), text);
    const run = await build(['-f', 'other/Failing', '-'], Readable.from(packed));
    expect(run.status, run.output).toBe(1);
    expect(run.output).toMatch(/>>> RUN echo no; exit 9/);
  });

  it('is given a lone Dockerfile by standard input, and what is damaged is told', async () => {
    const alone = await build(['-'], 'FROM scratch\nCOPY Dockerfile /\n');
    expect(alone.status, alone.output).toBe(0);
    const cut = readFileSync(join(repository.dir, 'all.tgz')).subarray(0, 100_000);
    const damaged = await build(['-'], Readable.from(cut));
    expect(damaged.output).toMatch(/cannot be unpacked as gzip/);
    expect(damaged.status).toBe(1);
    const without = await build(['-f', 'nothing', '-'], Readable.from(readFileSync(join(repository.dir, 'all.tar'))));
    expect(without.output).toContain('the context has no nothing');
  });

  it('is debugged in such a context like in any other', async () => {
    const terminal = startTerminal({
      ...{ cols: 130, rows: 40, env: { ...env, TMPDIR: own } },
      args: ['build', '-f', 'other/Failing', `${url}/app.git#dev`],
    });
    await shellOpens(terminal);
    expect(await inShell(terminal, 'cat /note')).toBe('dev');
    await quit(terminal);
  });

  it('gets no Dockerfile by a URL of its own, and says so', async () => {
    const project = createProject('FROM scratch');
    const run = await build(['-f', `${url}/only.Dockerfile`, project.dir]);
    expect(run.status, run.output).toBe(1);
    expect(run.output).toMatch(/the classic builder gets no Dockerfile by its URL \(--file\)\nBuild with BuildKit/);
  });

  it('takes limits from the command line, and passes over no size that is none', async () => {
    const project = createProject(
      `${BASE.replace('@RUN_ID@', '1')}RUN cat /sys/fs/cgroup/memory*/memory.limit_in_bytes /sys/fs/cgroup/memory.max; true`,
    );
    const run = await build(['-m', '48m', '--compress', '--rm=false', project.dir]);
    expect(run.status, run.output).toBe(0);
    expect(run.output).toMatch(/ 50331648$/m);
    expect(run.output).toContain('the containers of the commands are removed, also with --rm=false');
    const malformed = await build(['-m', 'much', project.dir]);
    expect(malformed.status).toBe(125);
    expect(malformed.output).toContain('invalid --memory "much"');
  });

  it('is given a Dockerfile besides', async () => {
    const text = `${BASE}COPY note /\nRUN cat /note\n`;
    const inside = await build(['-f-', `${url}/app.git#dev`], text);
    expect(inside.output).toMatch(/ dev$/m);
    const project = createProject(text, { note: 'of the directory\n' });
    const named = await build(['-f', project.path('Dockerfile'), `${url}/all.tgz`]);
    expect(named.output).toMatch(/ master$/m);
    const directory = await build(['-f-', project.dir], text);
    expect(directory.output).toMatch(/ of the directory$/m);
  });
});

/** Contexts that are no directory of this machine, and Dockerfiles that are elsewhere than in the context. */
import { execFileSync } from 'node:child_process';
import { createReadStream, existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createRepository, serveToEngine, type WebServer } from '../helpers/engine-network.js';
import { engineEnv, expectNoContainers } from '../helpers/engines.js';
import { BASE, createProject, removeProjects } from '../helpers/project.js';
import { endRuns, type RunResult, runBxtui } from '../helpers/run.js';
import { inShell, leaveTerminal, shellOpens } from '../helpers/session.js';
import { closeTerminals, startTerminal } from '../helpers/terminal.js';
import { findBuildx } from '../parity/buildx.js';
import { findBusybox } from '../setup/busybox.mjs';
import { which } from '../setup/command.mjs';

const DOCKERFILE = `${BASE.replace('@RUN_ID@', '1')}COPY note /note\nRUN echo "it says $(cat /note)"\n`;
const FAILING = `${BASE.replace('@RUN_ID@', '1')}COPY note /note\nRUN echo no; exit 9\n`;

let server: WebServer;
let repository: ReturnType<typeof createRepository>;

beforeAll(async () => {
  const busybox = readFileSync(findBusybox());
  const tree = (note: string) => ({
    busybox,
    'sub/busybox': busybox,
    Dockerfile: DOCKERFILE,
    'sub/Dockerfile': DOCKERFILE,
    'other/Failing': FAILING,
    note: `${note}\n`,
    'sub/note': `${note} below\n`,
  });
  repository = createRepository({ main: tree('main'), dev: tree('dev') });
  writeFileSync(join(repository.dir, 'only.Dockerfile'), 'FROM scratch\nADD only.Dockerfile /\n');
  server = await serveToEngine(repository.dir);
});
afterAll(() => {
  server.close();
  repository.remove();
});
afterEach(async () => {
  endRuns();
  await closeTerminals();
  removeProjects();
});

const build = (args: readonly string[], input = '', tmp?: string): Promise<RunResult> =>
  runBxtui(['build', '--progress=plain', ...args], { input, ...(tmp === undefined ? {} : { env: { TMPDIR: tmp } }) });

describe('a context that has a URL', () => {
  it('is a git repository with a ref and a directory', async () => {
    const dev = await build([`${server.url}/app.git#dev`]);
    expect(dev.status, dev.output).toBe(0);
    expect(dev.output).toContain('load git source');
    expect(dev.output).toMatch(/COPY note \/note/);
    const below = await build([`${server.url}/app.git#dev:sub`, '--no-cache']);
    // Docker Engine 20.10 takes no directory of a repository, and says so.
    if (below.output.includes('subdir not supported yet')) return expect(below.output).toContain('-f DIR/Dockerfile');
    expect(below.status, below.output).toBe(0);
    expect(below.output).toContain('it says dev below');
  });

  it('names the Dockerfile in it with -f, whose lines are told when it fails', async () => {
    const run = await build(['-f', 'other/Failing', `${server.url}/app.git#main`]);
    expect(run.status, run.output).toBe(1);
    expect(run.output).toMatch(/other\/Failing:6\n/);
    expect(run.output).toMatch(/>>> RUN echo no; exit 9/);
    const missing = await build(['-f', 'none', `${server.url}/app.git#main`]);
    expect(missing.status).toBe(1);
    expect(missing.output).toMatch(/none: no such file or directory/);
  });

  it('is an archive, or nothing but a Dockerfile', async () => {
    const archive = await build([`${server.url}/all.tgz`, '--no-cache']);
    expect(archive.status, archive.output).toBe(0);
    expect(archive.output).toContain('it says main');
    const only = await build([`${server.url}/only.Dockerfile`]);
    expect(only.status).toBe(1);
    expect(only.output).toContain('ADD only.Dockerfile /');
  });

  it('goes with a Dockerfile of this machine, by its whole path or by standard input', async () => {
    const project = createProject(FAILING);
    for (const [file, input] of [
      [project.path('Dockerfile'), ''],
      ['-', FAILING],
    ] as const) {
      const run = await build(['-f', file, `${server.url}/app.git#main`], input);
      expect(run.status, run.output).toBe(1);
      expect(run.output).toMatch(/>>> RUN echo no; exit 9/);
    }
  });

  it('has its steps on the screen, and a shell in each; what cannot be edited says why', async () => {
    const terminal = startTerminal({
      ...{ cols: 130, rows: 40, env: engineEnv() },
      args: ['build', '-f', 'other/Failing', `${server.url}/app.git#dev`],
    });
    await shellOpens(terminal);
    expect(await inShell(terminal, 'cat /note')).toBe('dev');
    await leaveTerminal(terminal);
    expect(terminal.screen()).toMatch(/RUN echo no; exit 9/);
    terminal.type('e');
    await terminal.waitFor(/it is not on this machine/);
    terminal.type('q');
  });
});

describe('a repository whose URL has a query', () => {
  const AS_INPUT = { BUILDX_SEND_GIT_QUERY_AS_INPUT: '1' };
  const peer = findBuildx();
  const query = 'branch=dev&subdir=sub';

  it('is brought to a frontend as a graph, also as a named context and in a build that is looked into', async () => {
    const run = await runBxtui(['build', '--progress=plain', '--no-cache', `${server.url}/app.git?${query}`], { env: AS_INPUT });
    // Docker Engine 20.10 takes no directory of a repository, and says so.
    if (run.output.includes('subdir not supported yet')) return expect(run.status).toBe(1);
    expect(run.status, run.output).toBe(0);
    expect(run.output).toContain(`[internal] load git source ${server.url}/app.git?${query}`);
    expect(run.output).toContain('it says dev below');
    const args = ['--on=always', '-o', 'type=cacheonly', `${server.url}/app.git?${query}`];
    const input = 'rollback 5 cat /note\nexit\n';
    const looked = await runBxtui(['build', '--progress=plain', ...args], { env: AS_INPUT, input });
    expect(looked.status, looked.output).toBe(0);
    expect(looked.output).toMatch(/^dev below$/m);
    const project = createProject('FROM scratch\nCOPY --from=more note /\n');
    const named = ['--build-context', `more=${server.url}/app.git?${query}`, '-o', project.path('out'), project.dir];
    const other = await runBxtui(['build', '--progress=plain', ...named], { env: AS_INPUT });
    expect(other.status, other.output).toBe(0);
    expect(project.read('out/note')).toBe('dev below\n');
  });

  it.skipIf(typeof peer === 'string')('is what it is with docker buildx', async () => {
    if (typeof peer === 'string') return;
    const project = createProject('FROM scratch\nCOPY . /\n');
    const cases = [
      `?${query}`,
      '?branch=dev&keep-git-dir=true&submodules=0',
      '?ref=dev#dev:sub',
      '?branch=dev&tag=x',
      '?ref=dev#main',
      '?what=1',
      '?branch=',
      '?keep-git-dir=maybe',
    ];
    for (const env of [AS_INPUT, {}]) {
      for (const written of cases) {
        for (const isNamed of [false, true]) {
          const url = `${server.url}/app.git${written}`;
          const seen = async (program: string) => {
            const out = project.path(`../${program}`);
            rmSync(out, { recursive: true, force: true });
            const context = isNamed ? ['--build-context', `more=${url}`, project.dir] : ['-f', project.path('Dockerfile'), url];
            const args = ['build', '--progress=plain', '-o', out, ...context];
            const run = program === 'bxtui' ? await runBxtui(args, { env }) : await peer.docker(['buildx', ...args], { env });
            const said =
              /(?:branch|ref) conflicts.*|unexpected query "what"|query "branch" has no value|invalid keep-git-dir value/;
            const files = existsSync(out) ? readdirSync(out).sort() : [];
            const note = files.includes('note') ? readFileSync(join(out, 'note'), 'utf8') : null;
            return { status: run.status, said: said.exec(run.output)?.[0].replace(/,.*|".*/, ''), files, note };
          };
          project.write('Dockerfile', isNamed ? 'FROM scratch\nCOPY --from=more . /\n' : 'FROM scratch\nCOPY . /\n');
          expect(await seen('bxtui'), `${JSON.stringify(env)} ${isNamed} ${written}`).toEqual(await seen('buildx'));
        }
      }
    }
  });
});

describe('standard input', () => {
  it.for(['cat', 'gzip -c', 'bzip2 -c', 'xz -1c'])('is the context, packed with %s', async (packer, { skip }) => {
    skip(which(packer.replace(/ .*/, '')) === null, `there is no ${packer}`);
    const packed = join(repository.dir, 'packed');
    execFileSync('sh', ['-c', `${packer} ${join(repository.dir, 'all.tar')} > ${packed}`]);
    const project = createProject('');
    const run = await runBxtui(['build', '--progress=plain', '-f', 'other/Failing', '-'], {
      input: createReadStream(packed),
      env: { TMPDIR: project.dir },
    });
    expect(run.status, run.output).toBe(1);
    expect(run.output).toMatch(/>>> RUN echo no; exit 9/);
    expect(execFileSync('ls', [project.dir]).toString()).not.toContain('bxtui-stdin');
  });

  it('is a Dockerfile without a context', async () => {
    const run = await build(['-'], 'FROM scratch\nCOPY note /note\n');
    expect(run.status).toBe(1);
    expect(run.output).toMatch(/stdin:2\n|Dockerfile:2\n/);
    expect(run.output).toMatch(/note.*not found/);
  });

  it('is the Dockerfile of a directory, whose ignore file counts', async () => {
    const project = createProject('FROM nothing', { note: 'n', secret: 's', '.dockerignore': 'secret' });
    const good = await build(['-f-', '-o', project.path('out'), project.dir], 'FROM scratch\nCOPY note* secret* /\n');
    expect(good.status, good.output).toBe(0);
    expect(existsSync(project.path('out/note'))).toBe(true);
    expect(existsSync(project.path('out/secret'))).toBe(false);
  });

  it.each([
    [['-f', '-', '-'], 'FROM scratch', 125, 'cannot be both the context and the Dockerfile'],
    [['-f', 'x', '-'], 'FROM scratch', 125, 'standard input is a Dockerfile, and -f names another'],
    [['-'], '', 1, 'standard input is empty'],
  ])('is refused as %j of %j', async (args, input, status, message) => {
    const run = await build(args, input);
    expect(run.output).toContain(message);
    expect(run.status).toBe(status);
  });

  it('leaves the keyboard to the screen, and is built again with a reload', async () => {
    const project = createProject('', { 'in.Dockerfile': FAILING.replace('COPY note /note\n', 'COPY busybox /note\n') });
    const command = `exec "$0" build -f - ${project.dir} < ${project.path('in.Dockerfile')}`;
    const terminal = startTerminal({
      ...{ cols: 130, rows: 40, env: engineEnv(), program: 'sh' },
      args: ['-c', command, join(process.cwd(), 'bin/bxtui')],
    });
    await shellOpens(terminal);
    expect(await inShell(terminal, 'echo typed')).toBe('typed');
    await leaveTerminal(terminal);
    terminal.type('e');
    await terminal.waitFor(/it came by standard input/);
    terminal.type('r');
    await terminal.waitFor(/run 2 .*FAILED exit 9/);
    terminal.type('q');
  });

  it('leaves the keyboard to the prompt', async () => {
    const command = `exec "$0" debug build -f other/Failing - < ${join(repository.dir, 'all.tgz')}`;
    const terminal = startTerminal({
      ...{ cols: 130, rows: 40, env: engineEnv(), program: 'sh' },
      args: ['-c', command, join(process.cwd(), 'bin/bxtui')],
    });
    await terminal.waitFor(/ # /);
    terminal.type('cat /note\r');
    await terminal.waitFor(/^main/m);
    terminal.press('ctrl-]');
    await terminal.waitFor(/\(bxtui\)/);
    terminal.type('exit\r');
    expect((await terminal.waitForExit()).code).toBe(1);
    await expectNoContainers();
  });
});

describe('a Dockerfile that has a URL', () => {
  it('goes with a directory, whose ignore file counts, with a repository and with an archive', async () => {
    const project = createProject('FROM nothing', { note: 'here', 'busybox.txt': '', secret: 's', '.dockerignore': 'secret' });
    const listing = 'FROM scratch\nCOPY note* secret* /\n';
    writeFileSync(join(repository.dir, 'listing.Dockerfile'), listing);
    const file = `${server.url}/listing.Dockerfile`;
    const archive = createReadStream(join(repository.dir, 'all.tgz'));
    const contexts = [
      [project.dir, 'here', ''],
      [`${server.url}/app.git#dev`, 'dev\n', ''],
      ['-', 'main\n', archive],
    ] as const;
    for (const [context, note, input] of contexts) {
      const out = project.path('out');
      const run = await runBxtui(['build', '--progress=plain', '-f', file, '-o', out, context], { input });
      expect(run.status, run.output).toBe(0);
      expect(run.output).toContain(`[internal] load ${file}`);
      expect(readFileSync(join(out, 'note'), 'utf8')).toBe(note);
      expect(existsSync(join(out, 'secret'))).toBe(false);
    }
  });

  it('has its lines told when it fails, and a shell in its steps', async () => {
    writeFileSync(join(repository.dir, 'failing.Dockerfile'), FAILING.replace('COPY note /note\n', 'COPY busybox /note\n'));
    const project = createProject('FROM nothing');
    const run = await build(['-f', `${server.url}/failing.Dockerfile`, project.dir]);
    expect(run.status, run.output).toBe(1);
    expect(run.output).toMatch(/Dockerfile:6\n[\s\S]*>>> RUN echo no; exit 9/);
    const terminal = startTerminal({
      ...{ cols: 130, rows: 40, env: engineEnv() },
      args: ['build', '-f', `${server.url}/failing.Dockerfile`, project.dir],
    });
    await shellOpens(terminal);
    expect(await inShell(terminal, 'test -s /note && echo there')).toBe('there');
    await leaveTerminal(terminal);
    terminal.type('e');
    await terminal.waitFor(/it is not on this machine/);
    terminal.type('r');
    await terminal.waitFor(/run 2 .*FAILED exit 9/);
    terminal.type('q');
  });

  it('that is not there is told with its URL, and a question about it is answered', async () => {
    const project = createProject('FROM nothing');
    const missing = await build(['-f', `${server.url}/none`, project.dir]);
    expect(missing.status, missing.output).toBe(1);
    expect(missing.output).toMatch(/ERROR: the Dockerfile http:\S+\/none cannot be had: .*404/);
    const asked = await build(['--call=targets', '-f', `${server.url}/only.Dockerfile`, project.dir]);
    expect(asked.output).toMatch(/unsupported request|TARGET/);
  });

  const buildx = findBuildx();
  it.skipIf(typeof buildx === 'string')('is built as docker buildx builds it', async () => {
    if (typeof buildx === 'string') return;
    const project = createProject('FROM nothing', { note: 'n', 'Dockerfile.dockerignore': 'note' });
    writeFileSync(join(repository.dir, 'same.Dockerfile'), 'FROM scratch\nCOPY . /\n');
    const file = `${server.url}/same.Dockerfile`;
    const files = async (name: string): Promise<string[]> => {
      const args = ['build', '-f', file, '-o', project.path(`../${name}`), project.dir];
      const run = name === 'bxtui' ? await runBxtui(args) : await buildx.docker(['buildx', ...args]);
      expect(run.status, run.output).toBe(0);
      const found = readdirSync(project.path(`../${name}`)).sort();
      rmSync(project.path(`../${name}`), { recursive: true });
      return found;
    };
    expect(await files('bxtui')).toEqual(await files('buildx'));
    const missing = ['build', '-f', `${server.url}/none`, project.dir];
    const [own, other] = [await runBxtui(missing), await buildx.docker(['buildx', ...missing])];
    expect(own.status).toBe(other.status);
    expect(own.output).toContain('404');
    expect(other.output).toContain('404');
  });
});

describe('a Dockerfile that is elsewhere', () => {
  it('is outside of the context, below it or behind a link, with an ignore file of its own before that of the context', async () => {
    const files = { a: '1', b: '2', '.dockerignore': 'a' };
    const project = createProject('FROM nothing', files);
    const other = createProject('FROM scratch\nCOPY a* b* /\n', { 'Dockerfile.dockerignore': 'b' });
    symlinkSync(other.path('Dockerfile'), project.path('linked'));
    project.write('below/Dockerfile', other.read('Dockerfile'));
    project.write('below/Dockerfile.dockerignore', 'b');
    for (const [file, kept] of [
      [other.path('Dockerfile'), ['a']],
      [project.path('below/Dockerfile'), ['a']],
      // As docker has it: the ignore file stands beside the link.
      [project.path('linked'), ['b']],
    ] as const) {
      const out = project.path(`out-${file.replaceAll('/', '')}`);
      const run = await build(['-f', file, '-o', out, project.dir]);
      expect(run.status, run.output).toBe(0);
      expect(['a', 'b'].filter((name) => existsSync(join(out, name)))).toEqual(kept);
    }
  });
});

/** Secrets and keys are there in the build and in its shells, and nowhere that a session leaves anything. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ListedSession, Sessions } from '../helpers/detached.js';
import { BASE, createProject } from '../helpers/project.js';
import { runBxtui } from '../helpers/run.js';
import { inShell, openSession, shellOpens } from '../helpers/session.js';

const VALUES = { FILE: 'in-a-file-4711', VARIABLE: 'in-a-variable-0815', TYPED: 'of-a-type-1291' };
const DOCKERFILE = `${BASE}RUN --mount=type=secret,id=file --mount=type=secret,id=variable --mount=type=secret,id=typed --mount=type=ssh \\
  for one in file variable typed; do wc -c < /run/secrets/$one; done; test -S "$SSH_AUTH_SOCK" || exit 2; exit 3
`;

let sessions: Sessions;
beforeEach(() => {
  sessions = new Sessions();
});
afterEach(() => sessions.end());

describe('secrets', () => {
  it('of every source are in the step and in its shell, and in no file, log or command line of the session', async () => {
    const project = createProject(DOCKERFILE, { file: VALUES.FILE });
    mkdirSync(project.path('tmp'));
    const key = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    project.write('key', key);
    const flags = [
      ...['--secret', `id=file,src=${project.path('file')}`, '--secret', 'id=variable,env=VARIABLE'],
      ...['--secret', 'type=env,id=typed,src=TYPED', '--ssh', `default=${project.path('key')}`],
    ];
    const env = { VARIABLE: VALUES.VARIABLE, TYPED: VALUES.TYPED, TMPDIR: project.path('tmp') };
    const started = await runBxtui(['build', '--root', sessions.root, '--detach', ...flags, project.dir], { env });
    expect(started.status, started.output).toBe(0);
    const id = started.stdout.trim();
    await sessions.untilFailed();
    const screen = await sessions.attach(id, { env: { TMPDIR: project.path('tmp') } });
    await sessions.typeInto(screen);
    expect(await inShell(screen, 'wc -c < /run/secrets/variable; test -S $SSH_AUTH_SOCK && echo agent')).toMatch(/18\s+agent/);
    const { stdout: told } = await sessions.run('logs', id);
    expect(told).toMatch(/14[\s\S]*18[\s\S]*14/);
    const commandLine = readFileSync(`/proc/${sessions.serverPid(id)}/cmdline`, 'utf8');
    const secret = [...Object.values(VALUES), key.split('\n')[1]!];
    const left = [commandLine, ...filesBelow(sessions.root), ...filesBelow(project.path('tmp'))];
    expect(left.length).toBeGreaterThan(4);
    for (const value of secret) for (const text of left) expect(text.includes(value), text.slice(0, 200)).toBe(false);
  });

  it.each([[[]], [['--detach']]])('may be a variable that a start of Node would take its time for %j', async (flags) => {
    const project = createProject(`${BASE}RUN --mount=type=secret,id=path tr / : < /run/secrets/path; exit 3\n`);
    const path = project.path('authorities.pem');
    const args = [
      'build',
      '--root',
      sessions.root,
      '--no-cache',
      ...flags,
      '--secret',
      'id=path,env=NODE_EXTRA_CA_CERTS',
      project.dir,
    ];
    const run = await runBxtui(args, { env: { NODE_EXTRA_CA_CERTS: path } });
    if (flags.length > 0) await sessions.untilFailed();
    const told = flags.length > 0 ? (await sessions.run('logs', run.stdout.trim())).stdout : run.output;
    expect(told).toContain(path.replaceAll('/', ':'));
  });

  it('are in no trace of a crash, of the screen or of what it is the screen of', async () => {
    const project = createProject(DOCKERFILE, { file: VALUES.FILE });
    mkdirSync(project.path('tmp'));
    const key = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    project.write('key', key);
    // A defect that comes when it is asked for.
    project.write('defect.cjs', "process.on('SIGUSR2', () => { throw new Error('provoked'); });\n");
    const flags = [
      ...['--root', sessions.root, '--secret', `id=file,src=${project.path('file')}`, '--secret', 'id=variable,env=VARIABLE'],
      ...['--secret', 'type=env,id=typed,src=TYPED', '--ssh', `default=${project.path('key')}`],
    ];
    const screen = await openSession(project, {
      flags,
      env: {
        ...{ VARIABLE: VALUES.VARIABLE, TYPED: VALUES.TYPED, TMPDIR: project.path('tmp') },
        NODE_OPTIONS: `--require=${project.path('defect.cjs')}`,
      },
    });
    await sessions.untilFailed();
    await shellOpens(screen);
    expect(await inShell(screen, 'wc -c < /run/secrets/variable')).toBe('18');
    const [{ id }] = (await sessions.list()) as [ListedSession];
    const commandLines = [sessions.serverPid(id), screen.pid].map((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
    screen.kill('SIGUSR2');
    expect((await screen.waitForExit()).code).toBe(70);
    const crashes = () => readdirSync(project.path('tmp')).filter((name) => name.startsWith('bxtui-crash-'));
    expect(crashes()).toHaveLength(1);
    expect(project.read(`tmp/${crashes()[0]}`)).toMatch(/Error: provoked[\s\S]*last events:\n.*"type"/);
    process.kill(sessions.serverPid(id), 'SIGUSR2');
    await expect.poll(async () => (await sessions.list()).map(({ state }) => state), { timeout: 20_000 }).toEqual(['crashed']);
    const left = [...commandLines, ...filesBelow(sessions.root), ...filesBelow(project.path('tmp')), screen.rawOutput];
    expect(left.filter((text) => text.includes('provoked')).length).toBeGreaterThan(1);
    for (const value of [...Object.values(VALUES), key.split('\n')[1]!])
      for (const text of left) expect(text.includes(value), text.slice(0, 200)).toBe(false);
  });

  it('of caches, given or from the environment, are in nothing that is kept or shown, and in no command line but the typed one', async () => {
    const values = ['given-to-gha-4711', 'of-the-job-0815', 'key-of-aws-1291', 'other-of-aws-2903'];
    const project = createProject(`${BASE}RUN exit 3\n`);
    mkdirSync(project.path('tmp'));
    project.write('defect.cjs', "process.on('SIGUSR2', () => { throw new Error('provoked'); });\n");
    const flags = [
      ...['--root', sessions.root, '--cache-from', `type=gha,scope=one,token=${values[0]}`, '--cache-from=type=gha,scope=two'],
      ...['--cache-from', `type=s3,bucket=b,region=r,access_key_id=i,secret_access_key=${values[2]},session_token=${values[3]}`],
    ];
    const env = {
      ...{ ACTIONS_CACHE_URL: 'http://127.0.0.1:9/', ACTIONS_RUNTIME_TOKEN: values[1], TMPDIR: project.path('tmp') },
      NODE_OPTIONS: `--require=${project.path('defect.cjs')}`,
    };
    const plain = await runBxtui(['build', '--progress=plain', ...flags, project.dir], { env });
    expect(plain.status, plain.output).toBe(1);
    const raw = await runBxtui(['build', '--progress=rawjson', ...flags, project.dir], { env });
    expect(raw.status, raw.output).toBe(1);
    const screen = await openSession(project, { flags, env });
    await sessions.untilFailed();
    await shellOpens(screen);
    const [{ id }] = (await sessions.list()) as [ListedSession];
    const commandLine = readFileSync(`/proc/${sessions.serverPid(id)}/cmdline`, 'utf8');
    const { stdout: logs } = await sessions.run('logs', id);
    process.kill(sessions.serverPid(id), 'SIGUSR2');
    await expect.poll(async () => (await sessions.list()).map(({ state }) => state), { timeout: 20_000 }).toEqual(['crashed']);
    const listed = await sessions.run('ls');
    expect(listed.output).toContain('token=[withheld]');
    const left = [
      ...[plain.output, raw.output, commandLine, logs, listed.output, screen.rawOutput],
      ...[...filesBelow(sessions.root), ...filesBelow(project.path('tmp'))],
    ];
    expect(left.some((text) => text.includes('provoked'))).toBe(true);
    for (const value of values) for (const text of left) expect(text.includes(value), text.slice(0, 300)).toBe(false);
  });

  it('of a variable that is not set are empty, which is told', async () => {
    // Of an empty one Docker 20.10 makes no file.
    const project = createProject(`${BASE}RUN --mount=type=secret,id=a,required [ ! -s /run/secrets/a ]\n`);
    const run = await runBxtui(['build', '--progress=plain', '--secret', 'id=a,env=NOT_THERE', project.dir]);
    expect(run.status, run.output).toBe(0);
    expect(run.output).toContain('secret a is empty: the environment variable NOT_THERE is not set');
  });

  it('that cannot be had are told before anything is built', async () => {
    const project = createProject(DOCKERFILE);
    const run = await runBxtui(['build', '--secret', 'id=a,src=/not/there', project.dir]);
    expect([run.status, run.output]).toEqual([1, expect.stringContaining('cannot read /not/there: it does not exist')]);
    project.write('key', 'no key');
    const ssh = await runBxtui(['build', '--ssh', `default=${project.path('key')}`, project.dir]);
    expect([ssh.status, ssh.output]).toEqual([1, expect.stringContaining('is no private key that can be used')]);
  });
});

/** What is in each, unpacked where it is packed. */
function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const data = readFileSync(join(entry.parentPath, entry.name));
      return (data[0] === 0x1f && data[1] === 0x8b ? gunzipSync(data) : data).toString('latin1');
    });
}

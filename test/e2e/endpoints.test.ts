/** Engines that are not on this machine's own socket: ssh, a buildkitd in a container; and what is said when one cannot be reached. */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canMakeBuilder, createBuilderContainer } from '../helpers/builder-container.js';
import { buildctl } from '../helpers/builder-image.js';
import { debugThere, type Env, endAfterEach, TOLD_WITHIN_MS, unreachable, writeJson } from '../helpers/elsewhere.js';
import { engineEnv, isDocker, testEngine } from '../helpers/engines.js';
import { BASE, createProject } from '../helpers/project.js';
import { runBxtui } from '../helpers/run.js';
import { quit } from '../helpers/session.js';
import { testDirectory } from '../helpers/session-root.js';
import { findSshd, type SshServer, startSshServer } from '../helpers/ssh-server.js';
import { startTerminal } from '../helpers/terminal.js';
import { which } from '../setup/command.mjs';

const engine = testEngine();
const socket = engine.replace(/^unix:\/\//, '');
const sshd = findSshd();

const closing = endAfterEach();

describe.skipIf(sshd === null || !isDocker())('an engine behind ssh', () => {
  let server: SshServer;
  beforeAll(async () => {
    server = await startSshServer(sshd!);
  });
  afterAll(() => server.stop());
  const at = (ssh: SshServer): Env => ({ ...ssh.env, DOCKER_HOST: `${ssh.address}${socket}` });

  it.skipIf(which('docker') === null)('is debugged through its own docker command', async () => {
    await debugThere(at(server), /\(DOCKER_HOST\)/);
    await expect.poll(() => server.connections()).toBe(0);
  });

  it('is debugged through its socket where there is no docker command', async () => {
    const bare = await startSshServer(sshd!, { path: '/nonexistent:/bin' });
    closing.push(() => bare.stop());
    await debugThere(at(bare), /\(DOCKER_HOST\)/);
    await expect.poll(() => bare.connections()).toBe(0);
  });

  it.each([
    [
      'its key is not known',
      (ssh: SshServer) => ssh.forgetHostKey(),
      /the key of the host is not known/,
      /compare the key: ssh /,
    ],
    ['its key has changed', (ssh: SshServer) => ssh.changeHostKey(), /the host shows another key/, /ssh-keygen -R/],
    ['it takes none of the keys', (ssh: SshServer) => ssh.refuseKeys(), /accepts none of the keys/, /ssh-add/],
  ])('says that %s', async (_, spoil, reason, hint) => {
    const other = await startSshServer(sshd!);
    closing.push(() => other.stop());
    spoil(other);
    const { stderr } = await unreachable(at(other));
    expect(stderr).toContain(other.address);
    expect(stderr).toMatch(reason);
    expect(stderr).toMatch(hint);
  });

  it('says that there is no engine at the socket', async () => {
    const { stderr } = await unreachable({ ...server.env, DOCKER_HOST: `${server.address}/nonexistent.sock` });
    expect(stderr).toMatch(/does not run there|neither the command of the engine nor its socket/);
  });

  it('says that nobody answers', async () => {
    const silent = await listening(createServer());
    const { stderr } = await unreachable({ ...server.env, DOCKER_HOST: `ssh://127.0.0.1:${silent}` });
    expect(stderr).toMatch(/does not answer|no answer/);
  });
});

/** Closed at the end of the test; its port. */
async function listening(server: Server): Promise<number> {
  const open = new Set<{ destroy(): void }>();
  server.on('connection', (one) => {
    open.add(one);
    one.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    for (const one of open) one.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

describe.skipIf(!canMakeBuilder || !isDocker())('a buildkitd that another program leads to', () => {
  /** Stands for the program, with what it says instead of leading there. It keeps what it was called with. */
  function standIn(
    name: string,
    complaint: string | null = null,
    where: 'stdout' | 'stderr' = 'stderr',
  ): { env: Env; calls(): string } {
    const dir = testDirectory();
    writeFileSync(join(dir, 'buildctl'), buildctl(socket));
    const pod = { metadata: { name: 'big0-7c9' }, status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } };
    const leads = `case "$*" in *"get pods"*) echo '${JSON.stringify({ items: [pod] })}' ;; *) exec perl ${dir}/buildctl dial-stdio ;; esac`;
    const fails = `printf '%s\\n' '${complaint}'${where === 'stderr' ? ' >&2' : ''}; echo 'command terminated with exit code 126' >&2; exit 1`;
    writeFileSync(join(dir, name), `#!/bin/sh\necho "$*" >> ${dir}/calls\n${complaint === null ? leads : fails}\n`);
    chmodSync(join(dir, name), 0o755);
    return {
      env: { PATH: `${dir}:${process.env.PATH}`, DOCKER_HOST: undefined },
      calls: () => readFileSync(join(dir, 'calls'), 'utf8'),
    };
  }

  it.each([
    ['podman', 'podman-container://bk', 'exec -i bk buildctl dial-stdio'],
    ['nerdctl', 'nerdctl-container://bk?namespace=k8s.io', '--namespace k8s.io exec -i bk buildctl dial-stdio'],
    ['kubectl', 'kube-pod://bk-0?namespace=ci&container=bk', '--namespace=ci exec --container=bk -i bk-0 -- buildctl dial-stdio'],
  ])('is debugged through %s', async (program, address, call) => {
    const { env, calls } = standIn(program);
    await debugThere({ ...env, BUILDKIT_HOST: address }, /\(BUILDKIT_HOST\)/);
    expect(calls()).toContain(`${call}\n`);
  });

  it('is debugged in a pod of the deployment that a buildx builder names', async () => {
    const { env, calls } = standIn('kubectl');
    const dir = testDirectory();
    writeJson(join(dir, 'instances/big'), {
      ...{ Name: 'big', Driver: 'kubernetes', Dynamic: false },
      Nodes: [
        { Name: 'big0', Endpoint: 'kubernetes:///big?deployment=&kubeconfig=', Platforms: null, DriverOpts: { namespace: 'ci' } },
      ],
    });
    await debugThere({ ...env, BUILDX_CONFIG: dir }, /buildx builder "big"/, ['--builder=big']);
    expect(calls()).toContain('--namespace=ci get pods -l app=big0');
    expect(calls()).toContain('--namespace=ci exec -i big0-7c9 -- buildctl dial-stdio');
  });

  it.each([
    ['kubectl', 'kube-pod://bk-0', 'error: You must be logged in to the server (Unauthorized)', /may have expired/, /Log in/],
    ['kubectl', 'kube-pod://bk-0', 'Error from server (NotFound): pods "bk-0" not found', /there is no pod bk-0/, /get pods/],
    [
      'kubectl',
      'kube-pod://bk-0?namespace=far',
      'Error from server (NotFound): namespaces "far" not found',
      /there is no namespace far/,
      /kubectl get namespaces/,
    ],
    [
      'kubectl',
      'kube-pod://bk-0?container=side&namespace=ci',
      'Error from server (BadRequest): container side is not valid for pod bk-0',
      /the pod bk-0 has no container side/,
      /kubectl --namespace=ci get pod bk-0 -o jsonpath/,
    ],
    [
      'kubectl',
      'kube-pod://bk-0',
      'error: dial unix /run/buildkit/buildkitd.sock: connect: no such file or directory',
      /no buildkitd answers in the pod bk-0: dial unix \S+buildkitd.sock: connect: no such file/,
      /kubectl logs bk-0/,
    ],
    [
      'podman',
      'podman-container://bk',
      'Error: no container with name or ID "bk" found',
      /there is no container bk/,
      /podman ps/,
    ],
  ])('is explained when %s does not lead to %s: %s', async (program, address, complaint, reason, hint) => {
    const { stderr } = await unreachable({ ...standIn(program, complaint).env, BUILDKIT_HOST: address });
    expect(stderr).toContain(`${address} (BUILDKIT_HOST)`);
    expect(stderr).toMatch(reason);
    expect(stderr).toMatch(hint);
  });

  it.each([
    [
      'kubectl',
      'kube-pod://bk-0?container=side',
      'OCI runtime exec failed: exec failed: unable to start container process: exec: "buildctl": executable file not found in $PATH: unknown',
      /there is no buildctl in the container side of the pod bk-0/,
    ],
    [
      'kubectl',
      'kube-pod://bk-0',
      'Please enter Username: Please enter Password: ',
      /the kubeconfig has no credentials for the cluster/,
    ],
    [
      'podman',
      'podman-container://bk',
      'exec: "buildctl": executable file not found in $PATH',
      /there is no buildctl in the container bk/,
    ],
  ])('is not mistaken for words in its place, by %s at %s: %s', async (program, address, words, reason) => {
    const { stderr } = await unreachable({ ...standIn(program, words, 'stdout').env, BUILDKIT_HOST: address });
    expect(stderr).toMatch(reason);
  });
});

describe('what stands between', () => {
  it('may be a proxy that speaks HTML', async () => {
    const port = await listening(
      createHttpServer((_, response) => {
        response.writeHead(407, { 'Content-Type': 'text/html' }).end('<html><h1>Proxy Authentication Required</h1></html>');
      }),
    );
    const { stderr } = await unreachable({ DOCKER_HOST: `tcp://127.0.0.1:${port}`, BUILDKIT_HOST: undefined });
    expect(stderr).toContain(`tcp://127.0.0.1:${port} (DOCKER_HOST)`);
    expect(stderr).toMatch(/407|proxy/i);
  });

  it('may be nobody', async () => {
    const port = await listening(createServer());
    const { stderr } = await unreachable({ DOCKER_HOST: `tcp://127.0.0.1:${port}`, BUILDKIT_HOST: undefined });
    expect(stderr).toMatch(/no answer|did not (answer|come)/);
    const classic = await unreachable({
      DOCKER_HOST: `tcp://127.0.0.1:${port}`,
      BUILDKIT_HOST: undefined,
      DOCKER_BUILDKIT: '0',
    });
    expect(classic.stderr).toMatch(/no answer from tcp:\/\/127\.0\.0\.1.*\(DOCKER_HOST\) within 3\.7 s/);
  });

  it('may be a program that says nothing: the screen names it in time, with what to do, and can be left', async () => {
    const project = createProject(BASE, { ssh: '#!/bin/sh\nexec sleep 60\n' });
    chmodSync(project.path('ssh'), 0o755);
    const startMs = Date.now();
    const terminal = startTerminal({
      args: ['build', project.dir],
      env: { ...engineEnv(), BUILDKIT_HOST: undefined, DOCKER_HOST: 'ssh://me@far', PATH: `${project.dir}:${process.env.PATH}` },
      cols: 120,
    });
    await terminal.waitFor(/CONNECTING to ssh:\/\/me@far \(DOCKER_HOST\): no answer yet/);
    expect(Date.now() - startMs).toBeLessThan(TOLD_WITHIN_MS);
    terminal.type('.');
    await terminal.waitFor('Try by hand: ssh me@far docker version');
    terminal.type('x');
    await terminal.waitFor('Cancel the build?');
    terminal.type('y');
    await terminal.waitFor('CANCELLED');
    expect((await quit(terminal)).code).toBe(130);
  });
});

describe.skipIf(!isDocker())('the store of buildx', () => {
  function store(builders: Readonly<Record<string, unknown>>): Env {
    const dir = testDirectory();
    for (const [name, builder] of Object.entries(builders)) writeJson(join(dir, 'instances', name), builder);
    return { BUILDX_CONFIG: dir };
  }
  const node = (name: string, endpoint: string) => ({
    Name: name.replace(/\d$/, ''),
    ...{ Driver: 'docker-container', Dynamic: false },
    Nodes: [{ Name: name, Endpoint: endpoint, Platforms: null, Flags: null, DriverOpts: null, Files: null }],
  });

  it.skipIf(!canMakeBuilder)('names a builder in a container, which is started when it does not run', async () => {
    const builder = await createBuilderContainer(engine, 'buildx_buildkit_e2e0');
    closing.push(() => builder.remove());
    expect(await builder.isRunning()).toBe(false);
    await debugThere(store({ e2e: node('e2e0', engine) }), /buildx builder "e2e"/, ['--builder=e2e']);
    expect(await builder.isRunning()).toBe(true);
    const byAddress = { DOCKER_HOST: engine, BUILDKIT_HOST: 'docker-container://buildx_buildkit_e2e0' };
    const { stderr, status } = await runBxtui(['build', '--progress=plain', createProject(BASE).dir], { env: byAddress });
    expect(status, stderr).toBe(0);
  });

  it('says that the node of a builder is gone', async () => {
    const { stderr } = await unreachable(store({ gone: node('gone0', 'unix:///nonexistent/docker.sock') }), '--builder=gone');
    expect(stderr).toMatch(/buildx builder "gone"/);
    expect(stderr).toMatch(/unix:\/\/\/nonexistent\/docker\.sock/);
  });

  it('says that the image of a builder that was never started is not there, and cannot be had', async () => {
    const { stderr } = await unreachable(store({ bare: node('bare0', engine) }), '--builder=bare');
    expect(stderr).toMatch(/buildx builder "bare".* its image moby\/buildkit\S+ cannot be pulled, and is not on/);
    expect(stderr).toMatch(/docker pull moby\/buildkit:buildx-stable-1/);
  });

  it('says that a file of it is broken, and which', async () => {
    const env = store({ fine: node('fine0', engine) });
    writeFileSync(join(env.BUILDX_CONFIG!, 'instances/broken'), '{"Name": "bro');
    const { stderr } = await unreachable(env, '--builder=broken');
    expect(stderr).toContain(join(env.BUILDX_CONFIG!, 'instances/broken'));
  });

  it('names the builders that there are, for one that is not', async () => {
    const { stderr } = await unreachable(store({ fine: node('fine0', engine) }), '--builder=finne');
    expect(stderr).toMatch(/no builder "finne".*There are: fine, default/s);
  });
});

describe('bxtui engines', () => {
  it('lists what is there, and marks the one that a build would use', async () => {
    const run = await runBxtui(['engines', '--json'], { env: engineEnv() });
    expect(run.status, run.output).toBe(0);
    const rows: { address: string; isChosen: boolean; isReachable: boolean; name: string }[] = JSON.parse(run.stdout);
    expect(rows.filter(({ isChosen }) => isChosen)).toMatchObject([{ address: engine, isReachable: true }]);
    const table = await runBxtui(['engines'], { env: engineEnv() });
    expect(table.stdout).toMatch(/^\* +(DOCKER_HOST|BUILDKIT_HOST) +/m);
    expect(table.stdout).toContain(rows.find(({ isChosen }) => isChosen)!.name);
  });

  it('says with its status that none answers', async () => {
    const run = await runBxtui(['engines'], {
      env: { ...engineEnv(), DOCKER_HOST: 'unix:///nonexistent.sock', BUILDKIT_HOST: undefined },
    });
    expect(run.status).toBe(1);
    expect(run.stdout).toMatch(/DOCKER_HOST.*unix:\/\/\/nonexistent\.sock.*no such socket/);
  });
});

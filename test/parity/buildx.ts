/** `docker buildx` as the other program: Debian's newest, with a configuration of its own. */
import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { type Peer, PeerMissing, Peers } from '../bench/peers.mjs';
import { engineEnv, isDocker, testEngine } from '../helpers/engines.js';
import type { RunOptions, RunResult } from '../helpers/run.js';
import { capture } from '../setup/command.mjs';
import { SetupError } from '../setup/say.mjs';

export interface Buildx {
  readonly version: string;
  /** A Docker Engine does where it stores images in containerd. */
  readonly takesLayouts: boolean;
  /** Runs `docker ARGS…` to its end, on that engine. */
  docker(args: readonly string[], options?: RunOptions): Promise<RunResult>;
}

/** Of a Docker Engine: its BuildKit knows what the newest buildx asks for. */
const OLDEST_MAJOR = 23;

/** Else a sentence that says why there is none to compare with. `alsoRemote`: a buildkitd that stands alone will do. */
export function findBuildx(engine: string = testEngine(), { alsoRemote = false } = {}): Buildx | string {
  if (!isDocker(engine) && !alsoRemote) return 'the engine is no Docker Engine';
  try {
    const peer = new Peers(mkdtempSync(join(process.env.BXTUI_TEST_DIRECTORY ?? '/tmp', 'buildx-')), {
      ...process.env,
      ...engineEnv(engine),
    }).buildx();
    if (!isDocker(engine)) return remoteBuildx(peer, engine);
    const server = capture(peer.file, ['version', '--format', '{{.Server.Version}}'], { env: peer.env }).output.trim();
    if (Number.parseInt(server, 10) < OLDEST_MAJOR) return `Docker Engine ${server} is too old for it`;
    const store = capture(peer.file, ['info', '--format', '{{.DriverStatus}}'], { env: peer.env }).output;
    return {
      version: peer.version,
      takesLayouts: store.includes('io.containerd.snapshotter'),
      docker: (args, options = {}) => run(peer, args, options),
    };
  } catch (error) {
    if (error instanceof PeerMissing || error instanceof SetupError) return error.message;
    throw error;
  }
}

const REMOTE = 'bxtui-parity';

/** The same buildx, which reaches a buildkitd through a builder of its own configuration. */
function remoteBuildx(peer: Peer, address: string): Buildx | string {
  const created = capture(peer.file, ['buildx', 'create', '--name', REMOTE, '--driver', 'remote', address], { env: peer.env });
  if (created.status !== 0) return created.output.trim();
  const remote = { ...peer, env: { ...peer.env, BUILDX_BUILDER: REMOTE } };
  return {
    ...{ version: peer.version, takesLayouts: true },
    docker: (args, options = {}) => run(remote, args, options),
  };
}

function run(peer: Peer, args: readonly string[], options: RunOptions): Promise<RunResult> {
  const env = { ...peer.env, NO_COLOR: '1', ...options.env };
  const child = spawn(peer.file, [...args], { cwd: options.cwd, env, stdio: ['pipe', 'pipe', 'pipe'] });
  const texts = { stdout: '', stderr: '', output: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text;
      texts.output += text;
    });
  }
  child.stdin.end(typeof options.input === 'string' ? options.input : '');
  const timeoutMs = options.timeoutMs ?? 60_000;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`docker ${args.join(' ')} did not end within ${timeoutMs} ms; it said:\n${texts.output}`));
    }, timeoutMs);
    child.on('error', reject);
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      resolve({ status, signal, ...texts });
    });
  });
}

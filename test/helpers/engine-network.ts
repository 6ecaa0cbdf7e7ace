/**
 * A web server that the engine reaches on its own loopback device: a private engine has a network of its own, so the server runs in that one.
 * What git needs of it is a directory of files (gitprotocol-http(5), dumb clients).
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { installDebianPackages } from '../setup/apt.mjs';
import { which } from '../setup/command.mjs';
import { testEngine } from './engines.js';

const SERVER = `
const { createServer } = require('node:http');
const { readFileSync } = require('node:fs');
const server = createServer((request, response) => {
  try {
    response.end(readFileSync(process.argv[1] + new URL(request.url, 'http://x').pathname));
  } catch {
    response.statusCode = 404;
    response.end();
  }
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.on('end', () => process.exit()).resume();
`;

export interface WebServer {
  /** `http://127.0.0.1:PORT`, for the engine. */
  readonly url: string;
  close(): void;
}

/** Files of `dir` as the engine sees them in its network. */
export async function serveToEngine(dir: string): Promise<WebServer> {
  const pid = daemonOf(testEngine());
  const command = [process.execPath, '-e', SERVER, dir];
  const [program = '', ...args] = pid === null ? command : ['nsenter', `--net=/proc/${pid}/ns/net`, ...command];
  const server = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  return { url: `http://127.0.0.1:${await firstLine(server)}`, close: () => void server.stdin.end() };
}

function firstLine(server: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject).once('exit', (status) => reject(new Error(`the web server ended with ${status}`)));
    server.stdout?.setEncoding('utf8').once('data', (text: string) => resolve(text.trim()));
  });
}

/** The process that serves an address; null: none of this machine, or one whose command line does not say so. */
function daemonOf(address: string): string | null {
  const path = address.replace(/^(?:classic\+)?unix:\/\//, '');
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    let words: string[] = [];
    try {
      words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    } catch {}
    const isDaemon = /(?:^|\/)(?:dockerd|buildkitd|podman)$/.test(words[0] ?? '');
    if (isDaemon && words.some((word) => word.endsWith(`unix://${path}`))) return pid;
  }
  return null;
}

/** A bare repository `app.git` in a directory to serve, and its HEAD as `all.tar` and `all.tgz`. Each commit is a branch with these files; the first is HEAD. */
export function createRepository(branches: Readonly<Record<string, Readonly<Record<string, string | Uint8Array>>>>): {
  readonly dir: string;
  remove(): void;
} {
  if (which('git') === null) installDebianPackages(['git'], 'git is not installed');
  const dir = mkdtempSync(join(tmpdir(), 'bxtui-git-'));
  const tree = join(dir, 'tree');
  const git = (...args: readonly string[]): void => {
    const identity = ['-c', 'user.name=test', '-c', 'user.email=test@localhost', '-c', 'init.defaultBranch=main'];
    execFileSync('git', [...identity, ...args], { env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null' }, stdio: 'pipe' });
  };
  git('init', '--quiet', tree);
  for (const [branch, files] of Object.entries(branches)) {
    git('-C', tree, 'checkout', '--quiet', '-B', branch);
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(tree, path)), { recursive: true });
      writeFileSync(join(tree, path), content, { mode: 0o755 });
    }
    git('-C', tree, 'add', '--all');
    git('-C', tree, 'commit', '--quiet', '--message', branch);
  }
  const [head = 'main'] = Object.keys(branches);
  git('-C', tree, 'checkout', '--quiet', head);
  git('clone', '--quiet', '--bare', tree, join(dir, 'app.git'));
  git('-C', join(dir, 'app.git'), 'update-server-info');
  execFileSync('tar', ['-C', tree, '--exclude=.git', '-cf', join(dir, 'all.tar'), '.']);
  writeFileSync(join(dir, 'all.tgz'), gzipSync(readFileSync(join(dir, 'all.tar'))));
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

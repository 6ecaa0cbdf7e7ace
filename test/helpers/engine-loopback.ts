/** A port on the loopback of an engine, also of one in a network namespace of its own: what arrives there goes to a unix socket of the test. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { capture, which } from '../setup/command.mjs';

export interface LoopbackPort {
  /** `127.0.0.1:PORT`, as the engine sees it. */
  readonly host: string;
  close(): Promise<void>;
}

/** Null: such a port can be had; else why not. */
export function whyNoLoopback(engine: string): string | null {
  if (!engine.startsWith('unix://')) return `${engine} may be on another machine`;
  if (which('perl') === null) return 'there is no perl';
  const pid = listenerOf(engine);
  if (pid === null) return `nobody listens at ${engine}`;
  if (isHere(pid)) return null;
  if (process.getuid?.() !== 0) return 'another network namespace is entered by root only';
  return which('nsenter') === null ? 'there is no nsenter' : null;
}

/** The engine's loopback is that of the tests. */
export function sharesLoopback(engine: string): boolean {
  const pid = listenerOf(engine);
  return pid !== null && isHere(pid);
}

/** `socket`: a path. `port`: 0 is any. It ends with this process, however that ends. */
export async function openLoopbackPort(engine: string, socket: string, port = 0): Promise<LoopbackPort> {
  const pid = listenerOf(engine);
  if (pid === null) throw new Error(`nobody listens at ${engine}`);
  const relay = [process.execPath, '-e', RELAY, socket, String(port)];
  const [program = '', ...args] = isHere(pid) ? relay : ['nsenter', `--net=/proc/${pid}/ns/net`, ...relay];
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const opened = await firstLine(child);
  return {
    host: `127.0.0.1:${opened}`,
    async close() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.stdin.end();
      if (child.exitCode === null && child.signalCode === null) await ended;
    },
  };
}

/** Its end of stdin is the end of the test. */
const RELAY = `
const { connect, createServer } = require('node:net');
const server = createServer({ allowHalfOpen: true }, (outer) => {
  const inner = connect({ path: process.argv[1], allowHalfOpen: true });
  outer.on('error', () => inner.destroy()).pipe(inner);
  inner.on('error', () => outer.destroy()).pipe(outer);
});
server.listen(Number(process.argv[2]), '127.0.0.1', () => console.log(server.address().port));
process.stdin.resume().on('end', () => process.exit());
`;

/** The process that listens on the engine's socket, by unix(7)'s SO_PEERCRED, which Node does not tell. */
function listenerOf(engine: string): number | null {
  const script = `use Socket; my $s; socket($s, AF_UNIX, SOCK_STREAM, 0) && connect($s, sockaddr_un($ARGV[0])) or exit 1;
print((unpack 'i3', getsockopt($s, SOL_SOCKET, 17))[0])`;
  const { status, output } = capture('perl', ['-e', script, engine.replace('unix://', '')], { timeoutMs: 5000 });
  return status === 0 && Number(output) > 0 ? Number(output) : null;
}

/** Who may not look has a network of his own to offer only. */
function isHere(pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`) === readlinkSync('/proc/self/ns/net');
  } catch {
    return true;
  }
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout! }).once('line', resolve);
    child.once('error', reject);
    child.once('exit', (status) => reject(new Error(`the port on the engine's loopback ended with status ${status}`)));
  });
}

/**
 * An engine that is far away: its socket behind a line of its own, of real packets and real TCP between two network namespaces, with a delay
 * and losses. The kernel's netem is not everywhere; far-link.pl needs tun(4) and root alone.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { which } from './command.mjs';

const PORT = 2375;
const ADDRESS = '10.77.0.2';
const SETTLES_WITHIN_MS = 5_000;

/** @returns {string | null} why there can be no such line here; null when there can */
export function whyNoFarLink() {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'a line of its own takes root on Linux';
  if (!existsSync('/dev/net/tun')) return 'there is no /dev/net/tun';
  const missing = ['unshare', 'nsenter', 'ip', 'perl'].filter((program) => which(program) === null);
  return missing.length === 0 ? null : `there is no ${missing.join(', no ')}`;
}

/**
 * @typedef {object} FarLink
 * @property {string} address of the engine, for who is at the near end
 * @property {(command: { file: string, args: readonly string[] }) => { file: string, args: string[] }} near the command at the near end
 * @property {() => void} cut no packet arrives any more
 * @property {() => void} mend
 * @property {() => Promise<void>} drop the connections that are open are broken off, new ones go through
 * @property {() => Promise<void>} stop
 */

/**
 * @param {{ engine: string, roundTripMs: number, lossPercent?: number }} options
 * @returns {Promise<FarLink>}
 */
export async function startFarLink({ engine, roundTripMs, lossPercent = 0 }) {
  const script = fileURLToPath(new URL('far-link.pl', import.meta.url));
  const line = spawn('unshare', ['--net', 'perl', script, String(roundTripMs / 2), String(lossPercent)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [near, far] = (await firstLine(line)).split(' ');
  const server = () =>
    spawn(
      'nsenter',
      ['-t', far ?? '', '-n', process.execPath, '-e', SERVER, ADDRESS, String(PORT), engine.replace(/^unix:\/\//, '')],
      {
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    );
  let serving = server();
  await firstLine(serving);
  const end = async (/** @type {import('node:child_process').ChildProcess} */ child) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  return {
    address: `tcp://${ADDRESS}:${PORT}`,
    near: ({ file, args }) => ({ file: which('nsenter') ?? 'nsenter', args: ['-t', near ?? '', '-n', file, ...args] }),
    cut: () => void line.stdin.write('down\n'),
    mend: () => void line.stdin.write('up\n'),
    async drop() {
      await end(serving);
      serving = server();
      await firstLine(serving);
    },
    async stop() {
      await end(serving);
      await end(line);
    },
  };
}

/** Carries each connection to the engine's socket. */
const SERVER = `
const { connect, createServer } = require('node:net');
const [host, port, path] = process.argv.slice(1);
createServer({ noDelay: true }, (socket) => {
  const engine = connect(path);
  engine.on('error', () => {}).on('close', () => socket.destroy());
  socket.on('error', () => {}).on('close', () => engine.destroy());
  socket.pipe(engine).pipe(socket);
}).listen(Number(port), host, () => console.log('ready'));
process.stdin.resume().on('end', () => process.exit());
`;

/** @param {import('node:child_process').ChildProcess} child @returns {Promise<string>} */
function firstLine(child) {
  return new Promise((resolve, reject) => {
    let text = '';
    const timer = setTimeout(() => reject(new Error('the far line does not come up')), SETTLES_WITHIN_MS);
    child.stdout?.on('data', (chunk) => {
      text += chunk;
      if (!text.includes('\n')) return;
      clearTimeout(timer);
      resolve(text.split('\n')[0] ?? '');
    });
    child.once('exit', (status) => reject(new Error(`the far line ended with status ${status}`)));
  });
}

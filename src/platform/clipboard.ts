/** Copying text: the desktop's own tool, else tmux's buffer, else the host terminal by OSC 52. Only for what the person asked to copy. */
import { spawn } from 'node:child_process';
import { hasStreams } from './child-streams.js';
import { BxError } from './errors.js';
import { writeSyncAll } from './sync-write.js';

/** Terminals and multiplexers drop longer sequences, some of them in the middle; 74,994 bytes is what the most careful ones take. */
const MAX_OSC52_BASE64 = 74_994;
const TOOL_TIMEOUT_MS = 2000;

export interface ClipboardOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly platform?: NodeJS.Platform;
  /** Writes to the host terminal; false: it is gone. Default: file descriptor 1, when that is a terminal. */
  readonly writeTerminal?: ((text: string) => boolean) | null;
  /** Runs a program with `input`; true: it took it. */
  readonly run?: (command: string, args: readonly string[], input: string) => Promise<boolean>;
}

interface Tool {
  readonly command: string;
  readonly args: readonly string[];
  readonly label: string;
}

/** Copies `text` and says how, for the message to the person. Throws `BxError('unsupported')` when nothing took it. */
export async function copyText(text: string, options: ClipboardOptions = {}): Promise<string> {
  const env = options.env ?? process.env;
  const run = options.run ?? runTool;
  for (const tool of toolsFor(env, options.platform ?? process.platform)) {
    if (await run(tool.command, tool.args, text)) return tool.label;
  }
  const writeTerminal = options.writeTerminal === undefined ? ownTerminal() : options.writeTerminal;
  const payload = Buffer.from(text).toString('base64');
  if (payload.length > MAX_OSC52_BASE64) {
    throw new BxError('unsupported', `${Buffer.byteLength(text)} bytes are too much to copy through the terminal`, {
      hint: 'Copy less, or install wl-copy, xclip or xsel.',
    });
  }
  if (writeTerminal?.(inMultiplexer(`\x1b]52;c;${payload}\x07`, env))) return 'clipboard, through the terminal';
  throw new BxError('unsupported', 'there is no way to copy here: no clipboard tool and no terminal', {
    hint: 'Install wl-copy, xclip or xsel.',
  });
}

/**
 * Over ssh the tools would reach the wrong desktop, so they are left out there. `load-buffer -w` also sets the clipboard of tmux's own
 * terminal (tmux 3.2 and later); older ones get the buffer.
 */
function toolsFor(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): Tool[] {
  const isRemote = Boolean(env.SSH_CONNECTION || env.SSH_TTY);
  const tools: Tool[] = [];
  if (!isRemote && platform === 'darwin') tools.push({ command: 'pbcopy', args: [], label: 'clipboard' });
  if (!isRemote && env.WAYLAND_DISPLAY) tools.push({ command: 'wl-copy', args: [], label: 'clipboard' });
  if (!isRemote && env.DISPLAY) {
    tools.push({ command: 'xclip', args: ['-selection', 'clipboard'], label: 'clipboard' });
    tools.push({ command: 'xsel', args: ['--clipboard', '--input'], label: 'clipboard' });
  }
  if (!isRemote && env.WSL_DISTRO_NAME) tools.push({ command: 'clip.exe', args: [], label: 'clipboard' });
  if (env.TMUX) {
    tools.push({ command: 'tmux', args: ['load-buffer', '-w', '-'], label: 'tmux buffer' });
    tools.push({ command: 'tmux', args: ['load-buffer', '-'], label: 'tmux buffer' });
  }
  return tools;
}

/** GNU screen passes only what comes in a device control string, in pieces of at most 768 bytes. */
function inMultiplexer(sequence: string, env: NodeJS.ProcessEnv): string {
  if (!env.STY) return sequence;
  return (sequence.match(/[\s\S]{1,600}/g) ?? []).map((piece) => `\x1bP${piece}\x1b\\`).join('');
}

function ownTerminal(): ((text: string) => boolean) | null {
  return process.stdout.isTTY ? (text) => writeSyncAll(1, text) : null;
}

/** Output is discarded: xclip keeps a copy of itself running that would hold a pipe open for ever. */
function runTool(command: string, args: readonly string[], input: string): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['pipe', 'ignore', 'ignore'] });
    const timer = setTimeout(() => {
      child.kill();
      resolve(false);
    }, TOOL_TIMEOUT_MS);
    const finish = (isDone: boolean) => {
      clearTimeout(timer);
      resolve(isDone);
    };
    child.once('error', () => finish(false));
    child.once('exit', (code) => finish(code === 0));
    if (!hasStreams(child)) return;
    // A tool that ends without reading: its exit status says so.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

/**
 * A program on this machine in a pseudo terminal, as a byte channel. The native module is loaded on first use; without it one feature is
 * missing, not the program. Shells in containers need none of this.
 */
import type { IPty } from '@lydell/node-pty';
import type { ByteChannel, Disposable } from './byte-channel.js';
import { BxError } from './errors.js';
import { workingDirectory } from './working-directory.js';

export interface LocalPtyOptions {
  readonly command: string;
  readonly args?: readonly string[];
  readonly cols: number;
  readonly rows: number;
  readonly cwd?: string;
  /** The whole environment; default: this process's, with `TERM=xterm-256color`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export interface LocalPtyExit {
  /** 0..255; 128 + number after a signal. */
  readonly exitCode: number;
  readonly signal: number | null;
}

export interface LocalPty extends ByteChannel, Disposable {
  readonly pid: number;
  /** Resolves when the program has ended; output may follow for a moment. */
  readonly exited: Promise<LocalPtyExit>;
  kill(signal?: NodeJS.Signals): void;
}

type PtyModule = Pick<typeof import('@lydell/node-pty'), 'spawn'>;

/** Modules with the same interface: the first is compiled on installation, the second comes compiled, and has the types, which are so always there. */
const MODULES = ['node-pty', '@lydell/node-pty'];

/** Starts `command`. Throws `BxError`: 'unsupported' without a native module, 'not-found' when the program cannot be started. */
export async function spawnLocalPty(options: LocalPtyOptions): Promise<LocalPty> {
  const { spawn } = await loadModule();
  let pty: IPty;
  try {
    pty = spawn(options.command, [...(options.args ?? [])], {
      name: 'xterm-256color',
      cols: Math.max(1, options.cols),
      rows: Math.max(1, options.rows),
      cwd: options.cwd ?? (workingDirectory() || '/'),
      env: { ...(options.env ?? process.env), TERM: 'xterm-256color' },
      encoding: null,
    });
  } catch (error) {
    throw new BxError('not-found', `cannot start ${options.command}`, {
      hint: 'Check that it is installed and in PATH.',
      cause: error,
    });
  }
  return channelOf(pty);
}

async function loadModule(): Promise<PtyModule> {
  const failures: unknown[] = [];
  for (const name of MODULES) {
    try {
      const loaded = (await import(name)) as { readonly default?: PtyModule } & Partial<PtyModule>;
      const spawn = loaded.spawn ?? loaded.default?.spawn;
      if (spawn) return { spawn };
    } catch (error) {
      failures.push(error);
    }
  }
  throw new BxError(
    'unsupported',
    'programs on this machine cannot be run in a pane: no pseudo terminal module could be loaded',
    {
      hint: 'Install a C++ compiler, make and Python 3, and install bxtui again; everything else works without it.',
      cause: new AggregateError(failures, 'node-pty and @lydell/node-pty failed to load'),
    },
  );
}

function channelOf(pty: IPty): LocalPty {
  const listeners = new Set<(data: Uint8Array) => void>();
  let holds = 0;
  let hasExited = false;
  let resolveExit: (exit: LocalPtyExit) => void;
  const exited = new Promise<LocalPtyExit>((resolve) => {
    resolveExit = resolve;
  });
  pty.onExit(({ exitCode, signal }) => {
    hasExited = true;
    resolveExit(signal ? { exitCode: 128 + signal, signal } : { exitCode, signal: null });
  });
  // With `encoding: null` the module hands out Buffers, whatever its types say.
  pty.onData((data) => {
    for (const listener of [...listeners]) listener(data as unknown as Uint8Array);
  });
  // Nobody listens yet, and what comes would be lost.
  pty.pause();

  const apply = () => {
    if (hasExited) return;
    if (holds > 0 || listeners.size === 0) pty.pause();
    else pty.resume();
  };
  const whileRunning = (run: () => void) => {
    if (hasExited) return;
    try {
      run();
    } catch {
      // It has ended between the check and the call; its exit is reported as such.
    }
  };
  const kill = (signal: NodeJS.Signals = 'SIGHUP') => whileRunning(() => pty.kill(signal));

  return {
    pid: pty.pid,
    exited,
    onData(listener) {
      listeners.add(listener);
      apply();
      return {
        dispose() {
          listeners.delete(listener);
          apply();
        },
      };
    },
    // The module does not tell when the program has read; what comes here is typed.
    write(data, onTaken) {
      whileRunning(() => pty.write(Buffer.from(data) as unknown as string));
      onTaken?.();
    },
    resize: (cols, rows) => whileRunning(() => pty.resize(Math.max(1, cols), Math.max(1, rows))),
    pause() {
      holds += 1;
      apply();
    },
    resume() {
      holds = Math.max(0, holds - 1);
      apply();
    },
    kill,
    dispose() {
      listeners.clear();
      kill();
      if (!hasExited) pty.resume();
    },
  };
}

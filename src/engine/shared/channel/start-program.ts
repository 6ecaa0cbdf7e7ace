/** A program of this machine that carries a connection, as ssh does: how it is started, and its last words. It knows nothing of what it carries. */
import type { Readable, Writable } from 'node:stream';

export interface ChannelProgram {
  readonly file: string;
  readonly args: readonly string[];
}

/** A program that has ended. */
export interface ProgramEnd {
  /** Null: it was ended by a signal. */
  readonly exitCode: number | null;
  /** The newest of what it has said on standard error, without blank lines. */
  readonly said: string;
}

export interface StartedProgram {
  readonly stdin: Writable;
  /** Null: nobody reads it. */
  readonly stdout: Readable | null;
  /** Of what it has said until now. */
  said(): string;
  /** `isMissing`: there is no such program. Never rejects. */
  readonly ended: Promise<ProgramEnd & { readonly isMissing: boolean }>;
  stop(): void;
}

const SAID_BYTES = 4096;

export async function startProgram({ file, args }: ChannelProgram, stdout: 'pipe' | 'ignore'): Promise<StartedProgram> {
  const { execa } = await import('execa');
  const child = execa(file, args, {
    stdin: 'pipe',
    stdout,
    stderr: 'pipe',
    buffer: false,
    encoding: 'buffer',
    reject: false,
    // A Ctrl-C at the terminal is not for it: what is to be released goes over this line.
    detached: true,
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString('utf8')).slice(-SAID_BYTES);
  });
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    said: () => tidy(said),
    ended: child.then(({ exitCode, code }) => ({ exitCode: exitCode ?? null, said: tidy(said), isMissing: code === 'ENOENT' })),
    stop: () => void child.kill('SIGTERM'),
  };
}

/** Lines without blanks around them, and no empty ones. */
function tidy(said: string): string {
  return said
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('\n');
}

/** Opening a file in the person's editor, at a line. The terminal must have been handed over (`TerminalGuard.suspendFor`). */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { BxError } from './errors.js';
import { reasonOf } from './reason.js';

/** How an editor is told the line. */
type LineStyle = (file: string, line: number) => readonly string[];

const PLUS_LINE: LineStyle = (file, line) => [`+${line}`, file];
const COLON: LineStyle = (file, line) => [`${file}:${line}`];
const NO_LINE: LineStyle = (file) => [file];
const EDITORS: Readonly<Record<string, LineStyle>> = {
  ...Object.fromEntries(
    [
      'vi',
      'vim',
      'nvim',
      'gvim',
      'nano',
      'pico',
      'emacs',
      'emacsclient',
      'mg',
      'jed',
      'joe',
      'ne',
      'mcedit',
      'kak',
      'ed',
      'nvi',
      'elvis',
    ].map((name) => [name, PLUS_LINE]),
  ),
  ...Object.fromEntries(['hx', 'helix', 'subl', 'zed', 'micro'].map((name) => [name, COLON])),
  ...Object.fromEntries(
    ['code', 'code-insiders', 'codium', 'cursor', 'windsurf'].map((name) => [
      name,
      (file: string, line: number) => ['--goto', `${file}:${line}`],
    ]),
  ),
};
/** Graphical editors return at once unless they are told to wait. */
const NEEDS_WAIT = new Set(['code', 'code-insiders', 'codium', 'cursor', 'windsurf', 'subl', 'zed']);

export interface EditorCommand {
  readonly command: string;
  readonly args: readonly string[];
}

/** `$VISUAL`, else `$EDITOR`, else `vi`, with the arguments for `file` at `line` (1-based). Settings may carry arguments: `code -w`. */
export function editorCommand(env: NodeJS.ProcessEnv, file: string, line: number): EditorCommand {
  const setting = env.VISUAL?.trim() || env.EDITOR?.trim() || 'vi';
  const [command, ...settingArgs] = splitWords(setting);
  const name = path.basename(command!).replace(/\.(exe|cmd)$/i, '');
  const style = EDITORS[name] ?? EDITORS[name.replace(/[-.][\w.]+$/, '')] ?? NO_LINE;
  const waits = NEEDS_WAIT.has(name) && !settingArgs.some((word) => word === '-w' || word === '--wait') ? ['--wait'] : [];
  const position = line > 0 ? style(file, Math.floor(line)) : [file];
  return { command: command!, args: [...settingArgs, ...waits, ...position] };
}

/**
 * Runs the editor on this terminal and waits for it. A status other than 0 throws, so that a failed edit is not taken for one. `signal`: its
 * terminal is taken from it, as by SIGHUP, upon which editors keep what was not written yet.
 */
export async function openEditor(
  file: string,
  line: number,
  env: NodeJS.ProcessEnv = process.env,
  signal?: AbortSignal,
): Promise<void> {
  const { command, args } = editorCommand(env, file.startsWith('-') ? `./${file}` : file, line);
  const hint = 'Set VISUAL or EDITOR to an editor that is installed, for example EDITOR=nano.';
  await new Promise<void>((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', env });
    const hangUp = (): void => void child.kill('SIGHUP');
    signal?.addEventListener('abort', hangUp, { once: true });
    child.once('error', (error) => {
      reject(
        new BxError('not-found', `cannot start the editor ${command} for ${file}: ${reasonOf(error)}`, { hint, cause: error }),
      );
    });
    child.once('close', (code, ending) => {
      signal?.removeEventListener('abort', hangUp);
      if (code === 0) resolve();
      else reject(new BxError('input', `the editor ${command} for ${file} ended with ${ending ?? `status ${code}`}`, { hint }));
    });
  });
}

/** Words as a shell would split them: quotes and backslashes, no expansion. */
function splitWords(text: string): string[] {
  const words = text.match(/(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+/g) ?? [text];
  return words.map((word) => word.replace(/'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)/g, unquote));
}

function unquote(_: string, single?: string, double?: string, escaped?: string): string {
  return single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped ?? '';
}

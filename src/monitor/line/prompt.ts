/** The prompt on a terminal: one line at a time, with history, completion and editing. It owns the terminal only while a line is asked for. */
import { clearScreenDown, createInterface, cursorTo, type Interface, type Key, moveCursor } from 'node:readline';
import type { CommandLine } from '../command-line.js';
import type { SearchKey } from './history-search.js';
import type { HostInput, HostOutput } from './io.js';
import type { LeaveKeys } from './leave-scanner.js';
import { startSearch } from './read-search.js';
import { followStops } from './stops.js';

export const PROMPT = '(bxtui) ';
export const HISTORY_MAX = 500;

export type Answer =
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'leave-key' }
  | { readonly kind: 'end' }
  | { readonly kind: 'cancelled' };

/** The lines that were typed, kept from one run to the next by whoever starts the monitor. */
export interface History {
  /** The newest first. */
  readonly lines: readonly string[];
  add(line: string): void;
}

export interface PromptOptions {
  readonly input: HostInput;
  readonly output: HostOutput;
  readonly complete: CommandLine['complete'];
  readonly leaveKey: Pick<LeaveKeys, 'bytes' | 'second'>;
  readonly history: History;
}

export interface Prompt {
  /** `leave-key`: it was pressed on an empty line. `end`: Ctrl-D, or the input is gone. `cancelled`: by `cancel`. */
  ask(prompt: string): Promise<Answer>;
  /** Takes the prompt away, with what is typed; nothing where none is shown. */
  cancel(): void;
}

/**
 * A Ctrl-D that is typed ahead, while the terminal is in its mode of lines, is a NUL for who reads it in raw mode (Linux, n_tty.c). It comes
 * with the prompt; later it is a key that somebody presses.
 */
const TYPED_AHEAD_MS = 100;
const LATE_CTRL_D = '\0';

/** What stands at the prompt when it is shown. */
interface Draft {
  readonly text: string;
  readonly cursor: number;
  /** Pressed there. */
  readonly key: SearchKey | null;
}

export function createPrompt({ input, output, complete, leaveKey, history }: PromptOptions): Prompt {
  const first = Buffer.from(leaveKey.bytes).toString('latin1');
  const second = leaveKey.second === null ? null : Buffer.from(leaveKey.second).toString('latin1');
  let cancelAsked = (): void => undefined;
  let searchedBefore = '';

  /** Whether the key that was typed now is the one that leaves, on a line with nothing else. */
  function createLeaveCheck(reader: Interface): (sequence: string | undefined) => boolean {
    let before: string | undefined;
    return (sequence) => {
      const previous = before;
      before = sequence;
      const rest = reader.line.replaceAll(first, '');
      if (second === null) return sequence === first && rest === '';
      return sequence === second && previous === first && (rest === '' || rest === second);
    };
  }

  /** Null: the terminal has gone, which shows when it is made raw. */
  function createReader(prompt: string): Interface | null {
    if (input.readableEnded || input.destroyed) return null;
    try {
      return createInterface({
        input,
        output,
        terminal: true,
        prompt,
        history: [...history.lines],
        historySize: HISTORY_MAX,
        removeHistoryDuplicates: true,
        completer: (line: string) => {
          const { candidates, start } = complete(line, line.length);
          return [candidates.map((candidate) => `${candidate} `), line.slice(start)];
        },
      });
    } catch {
      // So that nobody takes this for a Ctrl-D.
      input.destroy?.();
      return null;
    }
  }

  /** Asks for a line, which begins as the draft. Everything goes on in the turn of the key that ends it, so that no key is lost. */
  function read(prompt: string, draft: Draft, resolve: (answer: Answer) => void): void {
    const reader = createReader(prompt);
    if (reader === null) {
      resolve({ kind: 'end' });
      return;
    }
    const isLeaveKey = createLeaveCheck(reader);
    const shownAtMs = performance.now();
    const unfollow = followStops(input, { giveBack: () => undefined, takeAgain: () => reader.prompt(true) });
    const close = (): void => {
      cancelAsked = () => undefined;
      unfollow();
      input.off('keypress', onKey);
      reader.off('close', onClose).off('error', onClose);
      // The modes of a terminal that has gone cannot be put back.
      reader.on('error', () => undefined);
      reader.close();
    };
    const finish = (answer: Answer): void => {
      close();
      resolve(answer);
    };
    const onClose = (): void => {
      output.write('\n');
      finish({ kind: 'end' });
    };
    const takeAway = (): void => {
      moveCursor(output, 0, -reader.getCursorPos().rows);
      cursorTo(output, 0);
      clearScreenDown(output);
    };
    const onKey = (_text: string | undefined, key: SearchKey | undefined): void => {
      if (key?.ctrl && key.name === 'r') {
        const { line: text, cursor } = reader;
        takeAway();
        close();
        search(prompt, { text, cursor, key: null }, resolve);
      } else if (key?.sequence === LATE_CTRL_D && reader.line === '' && performance.now() - shownAtMs < TYPED_AHEAD_MS) {
        onClose();
      } else if (isLeaveKey(key?.sequence)) {
        takeAway();
        finish({ kind: 'leave-key' });
      }
    };
    cancelAsked = () => {
      takeAway();
      finish({ kind: 'cancelled' });
    };
    reader.on('close', onClose).on('error', onClose);
    reader.on('line', (text) => {
      if (text.trim() !== '') history.add(text);
      finish({ kind: 'line', text });
    });
    reader.on('SIGINT', () => {
      output.write('^C\n');
      if (reader.line === '') output.write('exit ends the session\n');
      reader.write(null, { ctrl: true, name: 'e' });
      reader.write(null, { ctrl: true, name: 'u' });
      reader.prompt();
    });
    // Its own way of stopping is another one.
    reader.on('SIGTSTP', () => process.kill(process.pid, 'SIGTSTP'));
    reader.prompt();
    reader.write(draft.text);
    for (let at = draft.text.length; at > draft.cursor; at--) reader.write(null, { name: 'left' });
    // Before what is typed now is listened to: this key is not for us.
    if (draft.key !== null) reader.write(null, draft.key as Key);
    input.on('keypress', onKey);
  }

  function search(prompt: string, draft: Draft, resolve: (answer: Answer) => void): void {
    cancelAsked = startSearch({ input, output, lines: history.lines, before: searchedBefore }, (end, query) => {
      cancelAsked = () => undefined;
      if (query !== '') searchedBefore = query;
      switch (end.kind) {
        case 'run': {
          const text = end.text === '' ? draft.text : end.text;
          output.write(`${prompt}${text}\n`);
          if (text.trim() !== '') history.add(text);
          resolve({ kind: 'line', text });
          return;
        }
        case 'edit':
          read(prompt, end.text === '' ? { ...draft, key: end.key } : end, resolve);
          return;
        case 'give-up':
          read(prompt, draft, resolve);
          return;
        default:
          resolve(end);
      }
    });
  }

  /** What was typed behind the key that ends a line, and has come with it, is for whoever reads next: a prompt, or a program. */
  function keepRest(): void {
    const rest: string[] = [];
    const keep = (_text: string | undefined, key: SearchKey | undefined): void => void rest.push(key?.sequence ?? '');
    input.on('keypress', keep);
    queueMicrotask(() => {
      input.off('keypress', keep);
      if (rest.length > 0 && !input.readableEnded) input.unshift(Buffer.from(rest.join('')));
    });
  }

  return {
    ask: (prompt) =>
      new Promise((resolve) =>
        read(prompt, { text: '', cursor: 0, key: null }, (answer) => {
          keepRest();
          resolve(answer);
        }),
      ),
    cancel: () => cancelAsked(),
  };
}

/** `lines`: those of before, the newest first. `onNew`: of each that is not the one before once more. */
export function createHistory(lines: string[] = [], onNew: (line: string) => void = () => undefined): History {
  return {
    lines,
    add(line) {
      if (lines[0] === line) return;
      lines.unshift(line);
      lines.length = Math.min(lines.length, HISTORY_MAX);
      onNew(line);
    },
  };
}

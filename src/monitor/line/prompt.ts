/** The prompt on a terminal: one line at a time, with history, completion and editing. It owns the terminal only while a line is asked for. */
import { createInterface, type Interface } from 'node:readline';
import type { CommandLine } from '../command-line.js';
import type { HostInput, HostOutput } from './io.js';
import type { LeaveKeys } from './leave-scanner.js';

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

export function createPrompt({ input, output, complete, leaveKey, history }: PromptOptions): Prompt {
  const first = Buffer.from(leaveKey.bytes).toString('latin1');
  const second = leaveKey.second === null ? null : Buffer.from(leaveKey.second).toString('latin1');
  let cancelAsked = (): void => undefined;

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

  return {
    ask: (prompt) =>
      new Promise((resolve) => {
        const reader = createInterface({
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
        const isLeaveKey = createLeaveCheck(reader);
        const finish = (answer: Answer): void => {
          cancelAsked = () => undefined;
          input.off('keypress', onKey);
          reader.off('close', onClose);
          reader.close();
          resolve(answer);
        };
        const onClose = (): void => {
          output.write('\n');
          finish({ kind: 'end' });
        };
        const onKey = (_text: string | undefined, key: { sequence?: string } | undefined): void => {
          if (!isLeaveKey(key?.sequence)) return;
          output.write('\r\u001b[K');
          finish({ kind: 'leave-key' });
        };
        cancelAsked = () => {
          output.write('\r\u001b[K');
          finish({ kind: 'cancelled' });
        };
        reader.on('close', onClose);
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
        input.on('keypress', onKey);
        reader.prompt();
      }),
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

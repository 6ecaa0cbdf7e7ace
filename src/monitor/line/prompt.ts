/** The prompt on a terminal: one line at a time, with history, completion and editing. It owns the terminal only while a line is asked for. */
import { createInterface } from 'node:readline';
import type { CommandLine } from '../command-line.js';
import type { HostInput, HostOutput } from './io.js';

export const PROMPT = '(bxtui) ';
const HISTORY_MAX = 500;

export type Answer = { readonly kind: 'line'; readonly text: string } | { readonly kind: 'leave-key' } | { readonly kind: 'end' };

export interface PromptOptions {
  readonly input: HostInput;
  readonly output: HostOutput;
  readonly complete: CommandLine['complete'];
  readonly leaveKey: Uint8Array;
}

export interface Prompt {
  /** `leave-key`: it was pressed on an empty line. `end`: Ctrl-D, or the input is gone. */
  ask(): Promise<Answer>;
}

export function createPrompt({ input, output, complete, leaveKey }: PromptOptions): Prompt {
  const history: string[] = [];
  const leaveSequence = Buffer.from(leaveKey).toString('latin1');

  return {
    ask: () =>
      new Promise((resolve) => {
        const reader = createInterface({
          input,
          output,
          terminal: true,
          prompt: PROMPT,
          history: [...history],
          historySize: HISTORY_MAX,
          removeHistoryDuplicates: true,
          completer: (line: string) => {
            const { candidates, start } = complete(line, line.length);
            return [candidates.map((candidate) => `${candidate} `), line.slice(start)];
          },
        });
        const finish = (answer: Answer): void => {
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
          if (key?.sequence !== leaveSequence || reader.line.replaceAll(leaveSequence, '') !== '') return;
          output.write('\r\u001b[K');
          finish({ kind: 'leave-key' });
        };
        reader.on('close', onClose);
        reader.on('line', (text) => {
          if (text.trim() !== '' && history[0] !== text) history.unshift(text);
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
  };
}

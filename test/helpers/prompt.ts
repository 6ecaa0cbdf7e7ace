/** A person at a prompt of a line-mode monitor: types a line, waits until the prompt is there again, and gets what was said. */
import type { TestTerminal } from './terminal.js';

export interface Prompt {
  /** What the command has said, without the line that was typed; `until` replaces the wait for the prompt. */
  say(line: string, until?: RegExp): Promise<string>;
  /** The whole text up to now. */
  text(): string;
}

/** `prompt`: at the beginning of a line, such as `\(bxtui[^)]*\)`. */
export function atPrompt(terminal: TestTerminal, prompt: string): Prompt {
  const begins = new RegExp(`^${prompt}`);
  const bare = new RegExp(`^${prompt}\\s*$`);
  const lines = (): string[] => terminal.scrollback().trimEnd().split('\n');
  const count = (): number => lines().filter((line) => begins.test(line)).length;
  return {
    text: () => lines().join('\n'),
    async say(line, until) {
      const before = lines().length;
      const prompts = count();
      terminal.type(line);
      terminal.press('enter');
      const isBack = (): boolean => count() > prompts && bare.test(lines().at(-1) ?? '');
      const isThere = (): boolean => until?.test(lines().slice(before).join('\n')) === true;
      await terminal.waitFor(() => (until === undefined ? isBack() : isThere()), { what: `the end of ${line}` });
      return lines()
        .slice(before, until === undefined ? -1 : undefined)
        .join('\n');
    },
  };
}

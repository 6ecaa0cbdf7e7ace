/** The command of a RUN, as it runs and as it is typed. Pure. */
import { shellJoin } from '../shared/shell-quote.js';

/** What the builder makes of the instruction's text. */
export function commandOf(text: string, runShell: readonly string[]): string[] {
  const command = text.replace(/^\S+\s+(?:--[a-z]+=\S+\s+)*/, '');
  try {
    const list: unknown = JSON.parse(command);
    if (Array.isArray(list) && list.every((word) => typeof word === 'string')) return list as string[];
  } catch {}
  return [...runShell, command];
}

/** The same as one line that a shell takes, and survives. */
export function lineOf(args: readonly string[], runShell: readonly string[]): string {
  const hasShellForm = args.length === runShell.length + 1 && runShell.every((word, index) => word === args[index]);
  const text = args.at(-1) ?? '';
  if (!hasShellForm) return shellJoin(args);
  // `exit` in it would end the shell that it is typed into.
  return /\b(?:exit|exec|set|cd|trap)\b/.test(text) ? `( ${text} )` : text;
}

/** What a RUN runs, in the words of the Dockerfile. */
import type { Step } from '../model/index.js';

/** The text without what is mounted where: `RUN npm ci`. */
export function withoutRunFlags(text: string): string {
  return text.replace(/^(\S+)(?:\s+--(?:mount|network|security)=\S+)+/, '$1');
}

/** The command as it stands in the Dockerfile; what is really run (`stepCommand`) may be a script that it was written to. */
export function commandAsWritten({ text }: Pick<Step, 'text'>, stepCommand: string): string {
  return /^RUN\s/i.test(text) ? withoutRunFlags(text).slice(4).trimStart() : stepCommand;
}

/** The lines of an ignore file as patterns (moby/patternmatcher, ignorefile): comments only at the start of a line, a leading slash means nothing. Pure. */

export interface IgnoreLine {
  /** Counted from 1. */
  readonly number: number;
  /** With its `!`. */
  readonly pattern: string;
}

export function readIgnoreLines(text: string): IgnoreLine[] {
  return text
    .replace(/^\ufeff/, '')
    .split('\n')
    .flatMap((line, index) => {
      const trimmed = line.trim();
      if (line.startsWith('#') || trimmed === '') return [];
      const isExclusion = trimmed.startsWith('!');
      const pattern = (isExclusion ? trimmed.slice(1).trim() : trimmed).replace(/^\/(?=.)/, '');
      return [{ number: index + 1, pattern: isExclusion ? `!${pattern}` : pattern }];
    });
}

/** Takes given values out of texts and out of streams that are cut anywhere. It knows no events. */

export const REDACTED = '[redacted]';

export interface StreamScrubber {
  /** What is sure not to be part of a value; the rest is held until it is. */
  push(text: string): string;
  /** What is held, given up: no longer value will come of it, but a shorter one may be in it. */
  release(): string;
  readonly isHolding: boolean;
}

export interface Scrubber {
  readonly isIdle: boolean;
  scrub(text: string): string;
  stream(): StreamScrubber;
}

/** Empty values are no values. */
export function createScrubber(given: Iterable<string>): Scrubber {
  const values = [...new Set(given)].filter((value) => value !== '').sort((a, b) => b.length - a.length);
  const longest = values[0]?.length ?? 0;

  /** The first place from which everything may be the beginning of a value. */
  const holdFrom = (text: string, from: number): number => {
    for (let at = Math.max(from, text.length - longest + 1); at < text.length; at++) {
      const rest = text.slice(at);
      if (values.some((value) => value.length > rest.length && value.startsWith(rest))) return at;
    }
    return text.length;
  };
  const firstMatch = (text: string, from: number): { readonly at: number; readonly end: number } | null => {
    let found: { at: number; end: number } | null = null;
    for (const value of values) {
      const at = text.indexOf(value, from);
      if (at >= 0 && (found === null || at < found.at)) found = { at, end: at + value.length };
    }
    return found;
  };
  /** The scrubbed beginning of a text, and where the rest begins that may become a value. */
  const scrubUpTo = (text: string, mayGoOn: boolean): { readonly clean: string; readonly end: number } => {
    let clean = '';
    let from = 0;
    for (;;) {
      const held = mayGoOn ? holdFrom(text, from) : text.length;
      const match = firstMatch(text, from);
      // A longer value may begin at the same place, or before it.
      if (match === null || match.at >= held) return { clean: clean + text.slice(from, held), end: held };
      clean += text.slice(from, match.at) + REDACTED;
      from = match.end;
    }
  };

  return {
    isIdle: values.length === 0,
    scrub: (text) => (values.length === 0 ? text : scrubUpTo(text, false).clean),
    stream() {
      let held = '';
      return {
        push(text) {
          if (values.length === 0) return text;
          const all = held + text;
          const { clean, end } = scrubUpTo(all, true);
          held = all.slice(end);
          return clean;
        },
        release() {
          const rest = scrubUpTo(held, false).clean;
          held = '';
          return rest;
        },
        get isHolding() {
          return held !== '';
        },
      };
    },
  };
}

/** A copy of plain JSON with every string in it changed; keys stay. */
export function mapStrings<T>(value: T, change: (text: string) => string): T {
  if (typeof value === 'string') return change(value) as T;
  if (Array.isArray(value)) return value.map((item: unknown) => mapStrings(item, change)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapStrings(item, change)])) as T;
}

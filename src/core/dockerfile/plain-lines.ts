/**
 * The instructions of a Dockerfile that are one plain line each, found without the parser: it takes most of its time for the arguments of
 * COPY, ADD and RUN, of which such a line has nothing to tell. Whatever is not surely one (flags, heredocs, continuations, FROM) is left to it.
 */
export interface PlainLine {
  /** 1-based. */
  readonly line: number;
  /** Upper-case. */
  readonly keyword: string;
}

export interface Split {
  readonly plain: readonly PlainLine[];
  /** The text without them, every other line at its place. */
  readonly rest: string;
}

/** A keyword that is no FROM, then arguments without escapes, flags and heredocs. */
const PLAIN = /^[ \t]*(?!FROM\b)([A-Z]+)[ \t]+(?![^\n]*(?:--|<<|[\\`]))[^\s]/i;
const COMMENT_OR_BLANK = /^\s*(?:#.*)?$/;

/** Takes the plain lines out, up to the first heredoc: what its lines are is the parser's to say. */
export function takePlainLines(text: string): Split {
  const plain: PlainLine[] = [];
  // A line break of its own to the parser.
  if (/\r(?!\n)/.test(text)) return { plain, rest: text };
  const lines = text.split('\n');
  let isContinued = false;
  for (const [index, line] of lines.entries()) {
    if (line.includes('<<')) break;
    const keyword = isContinued ? undefined : PLAIN.exec(line)?.[1];
    if (keyword !== undefined) {
      plain.push({ line: index + 1, keyword: keyword.toUpperCase() });
      lines[index] = '';
    } else if (!COMMENT_OR_BLANK.test(line)) isContinued = /[\\`]/.test(line);
  }
  return { plain, rest: plain.length === 0 ? text : lines.join('\n') };
}

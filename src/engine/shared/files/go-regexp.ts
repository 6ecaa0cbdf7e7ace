/**
 * Translates the part of Go's regexp syntax that ignore patterns can reach into JavaScript's. The two differ in classes, escapes,
 * braces and the meaning of `.`; a pattern that Go rejects is rejected here too. It must not match anything by itself.
 */

/** Why a pattern is no valid one, for the error that names the pattern. */
export class PatternSyntaxError extends Error {
  override readonly name = 'PatternSyntaxError';
}

/** The largest count that Go accepts in `x{n}`. */
const REPEAT_LIMIT = 1000;

const LETTER_ESCAPES: Readonly<Record<string, string>> = {
  a: '\\x07',
  f: '\\f',
  n: '\\n',
  r: '\\r',
  t: '\\t',
  v: '\\v',
  d: '[0-9]',
  D: '[^0-9]',
  s: '[\\t\\n\\f\\r ]',
  S: '[^\\t\\n\\f\\r ]',
  w: '[0-9A-Za-z_]',
  W: '[^0-9A-Za-z_]',
  b: '\\b',
  B: '\\B',
  A: '^',
  z: '$',
};

/** Throws `PatternSyntaxError`. */
export function compileGoRegexp(source: string): RegExp {
  const chars = [...source];
  let result = '';
  // What stands before the cursor: nothing that can be repeated, something that can, or a repetition (a second one is an error).
  let previous: 'none' | 'atom' | 'repeat' = 'none';
  for (let i = 0; i < chars.length; ) {
    const char = chars[i]!;
    if (char === '*' || char === '?' || char === '+') {
      if (previous === 'none') throw new PatternSyntaxError(`missing argument to repetition operator ${char}`);
      // `x*?` is a lazy repetition in both dialects; `x**` is refused by both.
      if (previous === 'repeat' && !(char === '?' && !result.endsWith('??'))) {
        throw new PatternSyntaxError('invalid nested repetition operator');
      }
      result += char;
      previous = 'repeat';
      i++;
    } else if (char === '{') {
      const repeat = /^\{(\d+)(,(\d*))?\}/.exec(chars.slice(i).join(''));
      if (repeat) {
        checkRepeat(repeat, previous);
        result += repeat[0];
        previous = 'repeat';
        i += repeat[0].length;
      } else {
        result += '\\{';
        previous = 'atom';
        i++;
      }
    } else if (char === '[') {
      const end = classEnd(chars, i);
      result += translateClass(chars.slice(i, end));
      previous = 'atom';
      i = end;
    } else if (char === '\\') {
      result += translateEscape(chars[i + 1]);
      previous = 'atom';
      i += 2;
    } else {
      result += translateLiteral(char);
      previous = char === '(' || char === '|' || char === '^' ? 'none' : 'atom';
      i++;
    }
  }
  try {
    return new RegExp(result, 'u');
  } catch (error) {
    throw new PatternSyntaxError(error instanceof Error ? error.message : String(error));
  }
}

function checkRepeat(repeat: RegExpExecArray, previous: 'none' | 'atom' | 'repeat'): void {
  if (previous === 'none') throw new PatternSyntaxError(`missing argument to repetition operator ${repeat[0]}`);
  if (previous === 'repeat') throw new PatternSyntaxError('invalid nested repetition operator');
  const from = Number(repeat[1]);
  const to = repeat[3] === undefined || repeat[3] === '' ? from : Number(repeat[3]);
  if (from > REPEAT_LIMIT || to > REPEAT_LIMIT || to < from) throw new PatternSyntaxError(`invalid repeat count ${repeat[0]}`);
}

function translateLiteral(char: string): string {
  // Go's `.` leaves out the newline alone.
  if (char === '.') return '[^\\n]';
  if (char === ']' || char === '}' || char === '/') return `\\${char}`;
  return char;
}

function translateEscape(char: string | undefined): string {
  if (char === undefined) throw new PatternSyntaxError('trailing backslash');
  const letter = LETTER_ESCAPES[char];
  if (letter !== undefined) return letter;
  if (/[0-9A-Za-z]/.test(char)) throw new PatternSyntaxError(`invalid escape sequence \\${char}`);
  return escapeOutside(char);
}

function escapeOutside(char: string): string {
  return /[\^$\\.*+?()[\]{}|/]/.test(char) ? `\\${char}` : char;
}

/** Index after the `]` of the class that begins at `start`; a `]` that comes first is an ordinary member, as in Go. */
function classEnd(chars: readonly string[], start: number): number {
  let i = start + 1;
  if (chars[i] === '^') i++;
  for (let isFirst = true; i < chars.length; isFirst = false) {
    if (chars[i] === ']' && !isFirst) return i + 1;
    i += chars[i] === '\\' ? 2 : 1;
  }
  throw new PatternSyntaxError('missing closing ]');
}

/** `chars` runs from `[` to its `]`. */
function translateClass(chars: readonly string[]): string {
  let i = 1;
  const isNegated = chars[i] === '^';
  if (isNegated) i++;
  const members: string[] = [];
  while (i < chars.length - 1) {
    const low = classMember(chars, i);
    i = low.next;
    if (chars[i] === '-' && i + 1 < chars.length - 1) {
      const high = classMember(chars, i + 1);
      if (low.set !== null || high.set !== null || low.char > high.char)
        throw new PatternSyntaxError('invalid character class range');
      members.push(`${escapeInside(low.char)}-${escapeInside(high.char)}`);
      i = high.next;
    } else {
      members.push(low.set ?? escapeInside(low.char));
    }
  }
  return `[${isNegated ? '^' : ''}${members.join('')}]`;
}

function classMember(chars: readonly string[], index: number): { char: string; set: string | null; next: number } {
  const char = chars[index]!;
  if (char !== '\\') return { char, set: null, next: index + 1 };
  const escaped = chars[index + 1]!;
  const letter = LETTER_ESCAPES[escaped];
  if (letter !== undefined && !/[bBAz]/.test(escaped)) {
    if (letter.startsWith('[^')) throw new PatternSyntaxError(`\\${escaped} is not supported inside of a class`);
    return { char: '', set: letter.startsWith('[') ? letter.slice(1, -1) : letter, next: index + 2 };
  }
  if (/[0-9A-Za-z]/.test(escaped)) throw new PatternSyntaxError(`invalid escape sequence \\${escaped}`);
  return { char: escaped, set: null, next: index + 2 };
}

function escapeInside(char: string): string {
  return /[\^$\\.*+?()[\]{}|/-]/.test(char) ? `\\${char}` : char;
}

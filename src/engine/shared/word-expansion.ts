/**
 * A word of a Dockerfile as the builders expand it: quotes and escapes are taken off, arguments filled in. BuildKit,
 * frontend/dockerfile/shell/lex.go, which the classic builder uses as well; what an old one refuses it refuses by itself. Pure.
 */

/** Null: the builder refuses it. `escapeSign`: the file's escape character. */
export function expandWord(word: string, values: ReadonlyMap<string, string>, escapeSign = '\\'): string | null {
  const reader: Reader = { text: word, at: 0, values, escapeSign };
  const expanded = readUntil(reader, null);
  return reader.at < word.length ? null : expanded;
}

/** Words between blanks; quotes and escapes stay in them. */
export function splitRawWords(text: string, escapeSign = '\\'): string[] {
  const words: string[] = [];
  let word: string | null = null;
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (quote === '' && /\s/.test(char)) {
      if (word !== null) words.push(word);
      word = null;
      continue;
    }
    word = (word ?? '') + char;
    if (char === escapeSign && quote !== "'") word += text[++at] ?? '';
    else if (quote === '' && (char === '"' || char === "'")) quote = char;
    else if (char === quote) quote = '';
  }
  return word === null ? words : [...words, word];
}

interface Reader {
  readonly text: string;
  at: number;
  readonly values: ReadonlyMap<string, string>;
  readonly escapeSign: string;
}

/** Up to the sign, which is left, or to the end. Null: malformed. */
function readUntil(reader: Reader, end: '}' | null): string | null {
  let result = '';
  while (reader.at < reader.text.length) {
    const char = reader.text[reader.at]!;
    if (char === end) break;
    let part: string | null;
    if (char === "'") part = readSingleQuoted(reader);
    else if (char === '"') part = readDoubleQuoted(reader);
    else if (char === '$') part = readArgument(reader);
    else if (char === reader.escapeSign) {
      part = reader.text[reader.at + 1] ?? '';
      reader.at += 2;
    } else {
      part = char;
      reader.at++;
    }
    if (part === null) return null;
    result += part;
  }
  return result;
}

function readSingleQuoted(reader: Reader): string | null {
  const end = reader.text.indexOf("'", reader.at + 1);
  if (end < 0) return null;
  const text = reader.text.slice(reader.at + 1, end);
  reader.at = end + 1;
  return text;
}

function readDoubleQuoted(reader: Reader): string | null {
  let result = '';
  reader.at++;
  while (reader.at < reader.text.length) {
    const char = reader.text[reader.at]!;
    if (char === '"') {
      reader.at++;
      return result;
    }
    if (char === '$') {
      const value = readArgument(reader);
      if (value === null) return null;
      result += value;
      continue;
    }
    const next = reader.text[reader.at + 1];
    const isEscaped = char === reader.escapeSign && (next === '"' || next === '$' || next === reader.escapeSign);
    result += isEscaped ? next : char;
    reader.at += isEscaped ? 2 : 1;
  }
  return null;
}

const NAME = /[A-Za-z_]\w*|\d|[@*#]/y;
const OPERATOR = /:?[-+?]|##?|%%?|\/\/?/y;

function readArgument(reader: Reader): string | null {
  reader.at++;
  const isBraced = reader.text[reader.at] === '{';
  if (isBraced) reader.at++;
  const name = take(reader, NAME);
  const value = reader.values.get(name);
  if (!isBraced) return name === '' ? '$' : (value ?? '');
  if (name === '') return null;
  const operator = take(reader, OPERATOR);
  const word = operator === '' ? '' : readUntil(reader, '}');
  if (word === null || reader.text[reader.at] !== '}') return null;
  reader.at++;
  return operate(operator, value, word);
}

function take(reader: Reader, pattern: RegExp): string {
  pattern.lastIndex = reader.at;
  const found = pattern.exec(reader.text)?.[0] ?? '';
  reader.at += found.length;
  return found;
}

function operate(operator: string, value: string | undefined, word: string): string | null {
  const text = value ?? '';
  const isThere = operator.startsWith(':') ? text !== '' : value !== undefined;
  switch (operator.replace(':', '')) {
    case '':
      return text;
    case '-':
      return isThere ? text : word;
    case '+':
      return isThere ? word : '';
    case '?':
      return isThere ? text : null;
    case '#':
    case '##':
      return text.replace(new RegExp(`^${globSource(word, operator === '##')}`, 's'), '');
    case '%':
    case '%%':
      return withoutSuffix(text, globSource(word, true), operator === '%%');
    default: {
      const slash = word.indexOf('/');
      const [pattern, replacement] = slash < 0 ? [word, ''] : [word.slice(0, slash), word.slice(slash + 1)];
      return text.replace(new RegExp(globSource(pattern, true), operator === '//' ? 'gs' : 's'), () => replacement);
    }
  }
}

function withoutSuffix(text: string, pattern: string, isLongest: boolean): string {
  const whole = new RegExp(`^(?:${pattern})$`, 's');
  const starts = Array.from({ length: text.length + 1 }, (_, index) => (isLongest ? index : text.length - index));
  const start = starts.find((index) => whole.test(text.slice(index)));
  return start === undefined ? text : text.slice(0, start);
}

function globSource(pattern: string, isGreedy: boolean): string {
  return [...pattern]
    .map((char) => {
      if (char === '*') return isGreedy ? '.*' : '.*?';
      return char === '?' ? '.' : char.replace(/[.+^${}()|[\]\\/]/, '\\$&');
    })
    .join('');
}

/** Go's path functions on slash-separated names, as far as file synchronisation needs them: Clean, Join, Dir, Base, Match. Pure. */

/** Go's `path.Clean`: the shortest equivalent path, `.` for nothing. */
export function cleanPath(path: string): string {
  const isRooted = path.startsWith('/');
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.length > 0 && parts[parts.length - 1] !== '..') parts.pop();
    else if (!isRooted) parts.push('..');
  }
  const joined = parts.join('/');
  if (isRooted) return `/${joined}`;
  return joined === '' ? '.' : joined;
}

/** Go's `path.Join`: empty elements are left out. */
export function joinPath(...elements: readonly string[]): string {
  const present = elements.filter((element) => element !== '');
  return present.length === 0 ? '' : cleanPath(present.join('/'));
}

export function dirName(path: string): string {
  return cleanPath(path.slice(0, path.lastIndexOf('/') + 1));
}

export function baseName(path: string): string {
  if (path === '') return '.';
  const stripped = path.replace(/\/+$/, '');
  return stripped === '' ? '/' : stripped.slice(stripped.lastIndexOf('/') + 1);
}

/** True when `filepath.Match` would look at the name as a pattern: an unescaped `*`, `?` or `[`. */
export function hasWildcards(name: string): boolean {
  return /(?:^|[^\\])(?:\\\\)*[*?[]/.test(name);
}

type Token =
  | { readonly kind: 'star' }
  | { readonly kind: 'any' }
  | { readonly kind: 'char'; readonly char: string }
  | { readonly kind: 'class'; readonly negated: boolean; readonly ranges: ReadonlyArray<readonly [low: number, high: number]> };

/** A pattern of Go's `filepath.Match`; null when it is malformed. */
export function parseGlob(pattern: string): readonly Token[] | null {
  const chars = [...pattern];
  const tokens: Token[] = [];
  for (let i = 0; i < chars.length; i++) {
    const char = chars[i]!;
    if (char === '*') tokens.push({ kind: 'star' });
    else if (char === '?') tokens.push({ kind: 'any' });
    else if (char === '\\') {
      const escaped = chars[++i];
      if (escaped === undefined) return null;
      tokens.push({ kind: 'char', char: escaped });
    } else if (char === '[') {
      const parsed = parseClass(chars, i);
      if (!parsed) return null;
      tokens.push(parsed.token);
      i = parsed.last;
    } else tokens.push({ kind: 'char', char });
  }
  return tokens;
}

/** Go's `filepath.Match`; a malformed pattern matches nothing. */
export function matchGlob(pattern: string, name: string): boolean {
  const tokens = parseGlob(pattern);
  return tokens !== null && matchTokens(tokens, [...name]);
}

function parseClass(chars: readonly string[], start: number): { token: Token; last: number } | null {
  let i = start + 1;
  const negated = chars[i] === '^';
  if (negated) i++;
  const ranges: Array<readonly [number, number]> = [];
  for (;;) {
    if (chars[i] === ']' && ranges.length > 0) return { token: { kind: 'class', negated, ranges }, last: i };
    const low = classChar(chars, i);
    if (!low) return null;
    i = low.next;
    if (chars[i] === '-') {
      const high = classChar(chars, i + 1);
      if (!high) return null;
      ranges.push([low.code, high.code]);
      i = high.next;
    } else ranges.push([low.code, low.code]);
  }
}

/** One member; `-` and `]` have to be escaped, and the class may not end with it. */
function classChar(chars: readonly string[], index: number): { code: number; next: number } | null {
  let i = index;
  const first = chars[i];
  if (first === undefined || first === '-' || first === ']') return null;
  if (first === '\\') i++;
  const char = chars[i];
  if (char === undefined || chars[i + 1] === undefined) return null;
  return { code: char.codePointAt(0)!, next: i + 1 };
}

function matchTokens(tokens: readonly Token[], name: readonly string[]): boolean {
  let t = 0;
  let n = 0;
  let starToken = -1;
  let starName = -1;
  while (n < name.length || t < tokens.length) {
    const token = tokens[t];
    if (token?.kind === 'star') {
      starToken = t++;
      starName = n;
    } else if (token !== undefined && n < name.length && matchesOne(token, name[n]!)) {
      t++;
      n++;
    } else if (starToken >= 0 && starName < name.length && name[starName] !== '/') {
      t = starToken + 1;
      n = ++starName;
    } else return false;
  }
  return true;
}

function matchesOne(token: Token, char: string): boolean {
  if (token.kind === 'char') return token.char === char;
  if (token.kind === 'any') return char !== '/';
  if (token.kind !== 'class') return false;
  const code = char.codePointAt(0)!;
  return token.ranges.some(([low, high]) => low <= code && code <= high) !== token.negated;
}

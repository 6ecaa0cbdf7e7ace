/** The Dockerfile as rows with marks, warnings below their lines, and light colouring. Pure; no parser, colours only. */
import type { Generation, Step } from '../../core/model/index.js';
import { cleanText } from '../../platform/text-width.js';
import type { Role } from '../theme/roles.js';

export interface Span {
  readonly text: string;
  readonly role: Role;
}

export type SourceRow =
  | {
      readonly kind: 'line';
      readonly number: number;
      readonly spans: readonly Span[];
      readonly isMarked: boolean;
      readonly isFailed: boolean;
    }
  | { readonly kind: 'warning'; readonly text: string }
  /** Where more is said of the warning above. */
  | { readonly kind: 'reference'; readonly text: string };

const textCache = new WeakMap<Generation['dockerfile'], readonly (readonly Span[])[]>();

export function selectSourceRows(generation: Generation, step: Step | null): SourceRow[] {
  const lines = coloured(generation.dockerfile);
  const failedLine = generation.failure?.line ?? null;
  const warnings = new Map<number, SourceRow[]>();
  for (const { lines: place, message, url } of generation.warnings) {
    if (place === null) continue;
    const below = warnings.get(place.end) ?? [];
    below.push({ kind: 'warning', text: cleanText(message) });
    if (url !== null) below.push({ kind: 'reference', text: cleanText(url) });
    warnings.set(place.end, below);
  }
  const rows: SourceRow[] = [];
  lines.forEach((spans, index) => {
    const number = index + 1;
    const isMarked = step?.lines != null && number >= step.lines.start && number <= step.lines.end;
    rows.push({ kind: 'line', number, spans, isMarked, isFailed: number === failedLine });
    rows.push(...(warnings.get(number) ?? []));
  });
  return rows;
}

function coloured(dockerfile: Generation['dockerfile']): readonly (readonly Span[])[] {
  const known = textCache.get(dockerfile);
  if (known !== undefined) return known;
  const lines = dockerfile.text.replace(/\n$/, '').split('\n');
  let isContinued = false;
  let heredoc: string | null = null;
  const spans = lines.map((raw) => {
    const line = cleanText(raw.replace(/\t/g, '    ').trimEnd());
    if (heredoc !== null) {
      if (line.trim() === heredoc) heredoc = null;
      return [{ text: line, role: 'source.string' as const }];
    }
    const result = colourLine(line, isContinued);
    if (!/^\s*#/.test(line)) {
      isContinued = /[\\`]$/.test(line);
      heredoc = /<<-?["']?(\w+)["']?/.exec(line)?.[1] ?? null;
    }
    return result;
  });
  textCache.set(dockerfile, spans);
  return spans;
}

const TOKENS = /(\$\{[^}]*\}|\$\w+)|("(?:[^"\\]|\\.)*"|'[^']*')|((?<=\s)--[\w-]+(?:=\S*)?)|(\s(?:AS|as)\s)/g;

function colourLine(line: string, isContinued: boolean): Span[] {
  if (/^\s*#/.test(line)) return [{ text: line, role: 'source.comment' }];
  const spans: Span[] = [];
  let rest = line;
  const keyword = isContinued ? null : /^\s*[A-Za-z]+(?=\s|$)/.exec(line);
  if (keyword) {
    spans.push({ text: keyword[0], role: 'source.keyword' });
    rest = line.slice(keyword[0].length);
  }
  let at = 0;
  for (const match of rest.matchAll(TOKENS)) {
    if (match.index > at) spans.push({ text: rest.slice(at, match.index), role: 'text' });
    const role: Role = match[1] ? 'source.variable' : match[2] ? 'source.string' : match[3] ? 'source.flag' : 'source.keyword';
    spans.push({ text: match[0], role });
    at = match.index + match[0].length;
  }
  if (at < rest.length) spans.push({ text: rest.slice(at), role: 'text' });
  return spans;
}

/**
 * What a frontend answers to a call, as docker prints it for people (frontend/subrequests in moby/buildkit, `printResult` of commands/build.go in
 * docker/buildx). Pure.
 */
import type { LineRange } from '../../core/model/index.js';
import { sourceExcerpt } from '../../plain/source-excerpt.js';
import { tabulate } from './tabulate.js';

const WIDE = 3;

interface Named {
  readonly name?: string;
  readonly description?: string;
}

interface Needed extends Named {
  readonly required?: boolean;
}

interface Outline extends Named {
  readonly args?: ReadonlyArray<Named & { readonly value?: string }>;
  readonly secrets?: readonly Needed[];
  readonly ssh?: readonly Needed[];
}

export function outlineText(outline: Outline): string[] {
  const { name = '', description = '', args = [], secrets = [], ssh = [] } = outline;
  const lines: string[] = [];
  if (name !== '' || description !== '') {
    const rows = [['TARGET:', name || '(default)'], ...(description === '' ? [] : [['DESCRIPTION:', description]])];
    lines.push(...tabulate(rows, 1), '');
  }
  if (args.length > 0) {
    const rows = args.map((arg) => [arg.name ?? '', arg.value ?? '', arg.description ?? '']);
    lines.push(...tabulate([['BUILD ARG', 'VALUE', 'DESCRIPTION'], ...rows], WIDE), '');
  }
  for (const [title, needed] of [
    ['SECRET', secrets],
    ['SSH', ssh],
  ] as const) {
    if (needed.length === 0) continue;
    const rows = needed.map((one) => [one.name ?? '', one.required ? 'true' : '']);
    lines.push(...tabulate([[title, 'REQUIRED'], ...rows], WIDE), '');
  }
  return lines;
}

export function targetsText({
  targets = [],
}: {
  readonly targets?: ReadonlyArray<Named & { readonly default?: boolean }>;
}): string[] {
  const rows = targets.map(({ name = '', description = '', default: isDefault }) => [
    isDefault ? (name === '' ? '(default)' : `${name} (default)`) : name,
    description,
  ]);
  return tabulate([['TARGET', 'DESCRIPTION'], ...rows], 1);
}

export function callsText(calls: ReadonlyArray<Named & { readonly version?: string }>): string[] {
  const rows = calls.map(({ name = '', version = '', description = '' }) => [
    name.replace(/^frontend\./, ''),
    version,
    description,
  ]);
  return tabulate([['NAME', 'VERSION', 'DESCRIPTION'], ...rows], 1);
}

interface Location {
  readonly sourceIndex?: number;
  readonly ranges?: ReadonlyArray<{ readonly start?: { readonly line?: number }; readonly end?: { readonly line?: number } }>;
}

interface LintWarning {
  readonly ruleName: string;
  readonly url?: string;
  readonly detail?: string;
  readonly location?: Location;
}

export interface LintAnswer {
  readonly warnings?: readonly LintWarning[];
  readonly sources?: ReadonlyArray<{ readonly filename?: string; readonly data?: string }>;
  /** The Dockerfile cannot be built at all. */
  readonly buildError?: { readonly message: string; readonly location?: Location };
}

/** `name`: of the Dockerfile, as the command line has it. */
export function lintText(answer: LintAnswer, name: string): string[] {
  const warnings = [...(answer.warnings ?? [])].sort((a, b) => firstLine(a) - firstLine(b));
  const count = warnings.length;
  if (count === 0) return answer.buildError === undefined ? ['Check complete, no warnings found.'] : [];
  const found = count === 1 ? '1 warning has been found!' : `${count} warnings have been found!`;
  return [
    `Check complete, ${found}`,
    ...warnings.flatMap(({ ruleName, url, detail = '', location }) => [
      '',
      `WARNING: ${ruleName}${url ? ` - ${url}` : ''}`,
      detail,
      ...excerptAt(location, answer, name),
    ]),
    ...(answer.buildError === undefined ? [] : ['']),
  ];
}

/** Why it cannot be built; empty when it can. */
export function lintError(answer: LintAnswer, name: string): string[] {
  const { buildError } = answer;
  return buildError === undefined ? [] : [buildError.message, ...excerptAt(buildError.location, answer, name)];
}

function firstLine({ location }: LintWarning): number {
  return location?.ranges?.[0]?.start?.line ?? 0;
}

function excerptAt(location: Location | undefined, { sources = [] }: LintAnswer, name: string): string[] {
  const source = sources[location?.sourceIndex ?? 0];
  const ranges = (location?.ranges ?? []).map(({ start, end }): LineRange => {
    const first = start?.line ?? 0;
    return { start: first, end: Math.max(first, end?.line ?? 0) };
  });
  if (source === undefined || ranges.length === 0) return [];
  return sourceExcerpt(name, Buffer.from(source.data ?? '', 'base64').toString('utf8'), ...ranges);
}

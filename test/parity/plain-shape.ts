/** Plain progress of a build without what differs from run to run: times, sizes, ids, and the order of what runs side by side. */
import { stripVTControlCharacters } from 'node:util';

/** One entry for each vertex, its lines sorted and said once, and the lines at the end. */
export interface PlainShape {
  readonly vertices: readonly string[];
  readonly end: readonly string[];
}

export function plainShape(text: string): PlainShape {
  const vertices = new Map<string, string[]>();
  const end: string[] = [];
  for (const line of text.split('\n')) {
    const [, number, rest = ''] = /^#(\d+) ([\s\S]*)$/.exec(line) ?? [];
    if (number === '0' || line === '') continue;
    if (number === undefined) end.push(normal(line));
    else if (rest !== '...' && !rest.startsWith('WARN: ') && !UNFINISHED.test(rest))
      vertices.set(number, [...(vertices.get(number) ?? []), normal(rest)]);
  }
  return { vertices: [...vertices.values()].map((lines) => [...finished(lines)].sort().join('\n')).sort(), end };
}

/** Each line once, and none that another one ends. */
function finished(lines: readonly string[]): ReadonlySet<string> {
  return new Set(lines.filter((line) => !lines.includes(`${line} done`)));
}

/** What a counter says on its way, if there is time for that. */
const UNFINISHED = /^(?:naming|exporting (?!to )|writing|transferring|sending tarball|copying files .)[\s\S]*(?<! done)$/;

function normal(line: string): string {
  return (
    stripVTControlCharacters(line)
      // What a terminal would show of a progress bar.
      .replace(/^(\d+\.\d+ )[\s\S]*\r(?=[^\r])/, '$1')
      .replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'ID')
      .replace(/ \(use docker --debug to expand\)/, '')
      .replace(/^(ERROR: )(?:failed to build: )?(?:failed to solve: )?/, '$1')
      .replace(/sha256:[0-9a-f]{64}/g, 'DIGEST')
      .replace(/^\d+\.\d+ /, 'T ')
      .replace(/^(DONE|naming|exporting|writing|unpacking|transferring|sending|copying)(.*?)(?: \d+\.\d+s)?( done)?$/, '$1$2$3')
      .replace(/ \d+(?:\.\d+)?[kMG]?B\b/g, ' SIZE')
      .trimEnd()
  );
}

/**
 * A Dockerfile turned into stages and instructions without an engine, so that the timeline stands from the first frame.
 * It must not evaluate anything: arguments stay as written, and what is malformed is left to the engine to report.
 */
import type { Instruction, ModifiableInstruction } from 'dockerfile-ast';
import type { LineRange, Stage } from '../model/index.js';
import { instructionText } from './instruction-text.js';
import { parseLines } from './parser.js';
import { hasInstructions, type Parts, type PlainLine, takePlainLines } from './plain-lines.js';
import type { DockerfilePlan, PlannedInstruction } from './planned.js';
import { forPlatforms } from './platforms.js';

let latest: { readonly text: string; readonly plan: DockerfilePlan } | null = null;

/**
 * Never throws: a text that is no Dockerfile gives the stages and instructions that can be recognised in it, possibly none. The plan of
 * the latest text is kept: the request and the timeline are both made from it, at a moment when every millisecond is waited for.
 * `platforms`: of a build for several.
 */
export function parseDockerfile(text: string, platforms: readonly string[] = []): DockerfilePlan {
  if (latest?.text !== text) latest = { text, plan: planOf(text) };
  return forPlatforms(latest.plan, platforms);
}

function planOf(text: string): DockerfilePlan {
  const { plain, rest } = takePlainLines(text);
  const parsed = hasInstructions(rest) ? parseLines(rest) : null;
  const lines = text.split('\n');
  const escapeCharacter = parsed?.getEscapeCharacter() ?? '\\';
  const stages: MutableStage[] = [];
  const instructions: PlannedInstruction[] = [];
  for (const { keyword: instruction, lines: span, parts } of inOrder(plain, parsed?.getInstructions() ?? [])) {
    if (instruction === 'FROM') stages.push(startStage(parts(), stages));
    const stage = stages.at(-1);
    if (stage === undefined) continue;
    const text = instructionText(lines.slice(span.start - 1, span.end), escapeCharacter);
    // To look for flags takes longer than everything else here, and most instructions have none.
    const mayTake = instruction === 'FROM' || text.includes('--');
    for (const label of mayTake ? takenFrom(instruction, parts(), stages) : [])
      if (label !== stage.label && !stage.from.includes(label)) stage.from.push(label);
    const number = instructions.length + 1;
    instructions.push({
      key: String(number),
      number,
      stage: stage.index,
      instruction,
      text,
      lines: span,
    });
  }
  return { stages, instructions };
}

interface Found {
  readonly keyword: string;
  readonly lines: LineRange;
  readonly parts: () => Parts;
}

function inOrder(plain: readonly PlainLine[], nodes: readonly Instruction[]): Found[] {
  const found: Found[] = plain.map(({ line, keyword, parts }) => ({
    keyword,
    lines: { start: line, end: line },
    parts: () => parts,
  }));
  for (const node of nodes) {
    const { start, end } = node.getRange();
    const lines = { start: start.line + 1, end: end.line + 1 };
    found.push({ keyword: node.getKeyword(), lines, parts: () => partsOfNode(node) });
  }
  return found.sort((a, b) => a.lines.start - b.lines.start);
}

/** What the parser says of an instruction. */
export function partsOfNode(node: Instruction): Parts {
  const flags = 'getFlags' in node ? (node as ModifiableInstruction).getFlags() : [];
  return {
    flags: flags.map((flag) => ({ name: flag.getName(), value: flag.getValue() })),
    args: node.getArguments().map((argument) => argument.getValue()),
  };
}

type MutableStage = Omit<Stage, 'from'> & { from: string[] };

function startStage({ flags, args }: Parts, earlier: readonly MutableStage[]): MutableStage {
  const index = earlier.length;
  const name = args[1]?.toUpperCase() === 'AS' ? (args[2]?.toLowerCase() ?? null) : null;
  const platform = flags.length === 1 && flags[0]?.name === 'platform' ? flags[0].value : null;
  return { index, name, label: name ?? `stage-${index}`, base: args[0] ?? '', from: [], platform };
}

/** Labels of the stages that an instruction takes from: FROM name, COPY --from=name|index, RUN --mount=…,from=name. */
function takenFrom(instruction: string, { flags, args }: Parts, stages: readonly MutableStage[]): string[] {
  const earlier = stages.slice(0, -1);
  const resolve = (reference: string | null | undefined): string[] => {
    if (!reference) return [];
    const wanted = reference.toLowerCase();
    const stage = earlier.findLast((s) => s.name === wanted) ?? (/^\d+$/.test(wanted) ? earlier[Number(wanted)] : undefined);
    return stage ? [stage.label] : [];
  };
  const valuesOf = (name: string): string[] => flags.filter((flag) => flag.name === name).flatMap(({ value }) => value ?? []);
  switch (instruction) {
    case 'FROM': {
      const wanted = args[0]?.toLowerCase();
      return earlier.filter((s) => s.name !== null && s.name === wanted).map((s) => s.label);
    }
    case 'COPY':
      return valuesOf('from').flatMap(resolve);
    case 'RUN':
      return valuesOf('mount').flatMap((value) => resolve(/(?:^|,)\s*from=([^,]+)/.exec(value)?.[1]));
    default:
      return [];
  }
}

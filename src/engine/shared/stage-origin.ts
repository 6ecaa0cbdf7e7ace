/** Which stage a stage starts from, as far as the text of the Dockerfile tells: FROM with global arguments filled in. Pure. */
import { type DockerfilePlan, isOfSamePlatform } from '../../core/dockerfile/index.js';
import { expandWord, splitRawWords } from './word-expansion.js';

/** What is needed of a build to follow its FROM instructions. */
export interface OriginInputs {
  readonly plan: DockerfilePlan;
  readonly dockerfileText: string;
  readonly buildArgs: ReadonlyArray<readonly [name: string, value: string | null]>;
}

/** Index of the stage that `FROM` of `stage` names; null for images and scratch. */
export function stageOrigin(inputs: OriginInputs, stage: number): number | null {
  const self = inputs.plan.stages[stage];
  if (!self) return null;
  const isPlain = !/["'$\\`]/.test(self.base);
  const escapeSign = escapeCharacter(inputs.dockerfileText);
  const base = isPlain ? self.base : expandWord(self.base, globalArguments(inputs, escapeSign), escapeSign);
  const origin = inputs.plan.stages.findLast(
    (one) => one.index < stage && one.name?.toLowerCase() === base?.toLowerCase() && isOfSamePlatform(one, self),
  );
  return origin?.index ?? null;
}

/** ARG instructions in front of the first FROM; a value given on the command line wins. */
function globalArguments({ dockerfileText, buildArgs }: OriginInputs, escapeSign: string): Map<string, string> {
  const given = new Map(buildArgs.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const])));
  const result = new Map<string, string>();
  for (const line of linesBeforeFrom(dockerfileText, escapeSign)) {
    const declared = /^\s*ARG\s+(.*)$/is.exec(line)?.[1] ?? '';
    for (const word of splitRawWords(declared, escapeSign)) {
      const at = word.indexOf('=');
      const name = at < 0 ? word : word.slice(0, at);
      const value = given.get(name) ?? (at < 0 ? null : expandWord(word.slice(at + 1), result, escapeSign));
      if (value !== null) result.set(name, value);
    }
  }
  return result;
}

/** Continuations joined, comments and blank lines left out. */
function linesBeforeFrom(text: string, escapeSign: string): string[] {
  const found: string[] = [];
  let held = '';
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*(?:#|$)/.test(line)) continue;
    const whole = held + line.trimEnd();
    if (whole.endsWith(escapeSign)) {
      held = whole.slice(0, -1);
      continue;
    }
    held = '';
    if (/^\s*FROM\s/i.test(whole)) break;
    found.push(whole);
  }
  return found;
}

/** The directive stands in the comments at the top. */
function escapeCharacter(text: string): '\\' | '`' {
  for (const line of text.split(/\r?\n/)) {
    const directive = /^\s*#\s*(\w+)\s*=\s*(\S+)\s*$/.exec(line);
    if (directive === null) return '\\';
    if (directive[1]?.toLowerCase() === 'escape') return directive[2] === '`' ? '`' : '\\';
  }
  return '\\';
}

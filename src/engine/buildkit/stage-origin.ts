/**
 * Which stage a stage starts from, as far as the text of the Dockerfile tells: FROM with global arguments filled in.
 * Only for stages of which the engine's graph says nothing; where it does, the graph is right.
 */
import type { DockerfilePlan } from '../../core/dockerfile/index.js';

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
  const base = (self.base.includes('$') ? expand(self.base, globalArguments(inputs)) : self.base).toLowerCase();
  const origin = inputs.plan.stages.findLast((one) => one.index < stage && one.name?.toLowerCase() === base);
  return origin?.index ?? null;
}

/** ARG instructions in front of the first FROM; a value given on the command line wins. */
function globalArguments(inputs: OriginInputs): Map<string, string> {
  const given = new Map(inputs.buildArgs.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const])));
  const result = new Map<string, string>();
  for (const line of inputs.dockerfileText.split(/\r?\n/)) {
    if (/^\s*FROM\s/i.test(line)) break;
    const declared = /^\s*ARG\s+(.*)$/i.exec(line)?.[1];
    for (const [, name, quoted, bare] of declared?.matchAll(/([A-Za-z_]\w*)(?:=(?:"([^"]*)"|(\S*)))?/g) ?? []) {
      if (name !== undefined) result.set(name, given.get(name) ?? expand(quoted ?? bare ?? '', result));
    }
  }
  return result;
}

/** `$NAME`, `${NAME}`, `${NAME:-word}` and `${NAME:+word}`, the forms that FROM is written with. */
function expand(text: string, values: ReadonlyMap<string, string>): string {
  return text.replace(/\$(?:(\w+)|\{(\w+)(?::?([-+])([^}]*))?\})/g, (_, bare, braced, operator, word) => {
    const value = values.get(bare ?? braced) ?? '';
    if (operator === '-') return value === '' ? (word ?? '') : value;
    if (operator === '+') return value === '' ? '' : (word ?? '');
    return value;
  });
}

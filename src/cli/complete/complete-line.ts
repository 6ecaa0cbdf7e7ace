/** What could stand at the end of a command line, by the same tables that parse it. */
import type { FlagSpec } from '../flags/flag-spec.js';
import type { FlagGroup } from '../flags/help-text.js';
import { COMMANDS, helpOf } from './commands.js';
import { argumentsOf, type Candidate, type Completion, NOTHING, type Said, valuesOf, words } from './values.js';

/** Words that come before the flags of a command. */
const SUBCOMMANDS: Readonly<Record<string, readonly string[]>> = {
  debug: ['build'],
  engine: ['start', 'stop', 'status'],
  record: ['ls', 'export', 'rm'],
  completion: ['bash', 'zsh', 'fish'],
};

/** `line`: the words behind the program's name; the last one is being written and may be empty. */
export async function completeLine(line: readonly string[]): Promise<Completion> {
  const current = line.at(-1) ?? '';
  const [command, ...before] = line.slice(0, -1);
  if (command === undefined)
    return beginning(
      COMMANDS.map(([word, about]) => ({ word, about })),
      current,
    );
  if (command === 'help')
    return beginning(
      COMMANDS.map(([word, about]) => ({ word, about })),
      current,
    );
  const groups = await groupsOf(command, before.includes('build'));
  const { said: whole, awaited, hasEnded } = read(flagsIn(groups), before);
  const subcommands = SUBCOMMANDS[command];
  const [first] = whole.positionals;
  const flags = flagsIn(groups.filter(({ of }) => of === undefined || first === undefined || of === first));
  const said = subcommands === undefined ? whole : { ...whole, positionals: whole.positionals.slice(1) };
  if (awaited !== null) return among(await valuesOf(awaited, said), current, '');
  const joined = hasEnded ? null : /^(--([^=]+)=)(.*)$/s.exec(current);
  if (joined) {
    const flag = flags.find(({ name }) => name === joined[2]);
    return flag === undefined ? NOTHING : among(await valuesOf(flag, said), joined[3]!, joined[1]!);
  }
  if (!hasEnded && current.startsWith('-')) return beginning(flags.flatMap(namesOf), current);
  if (subcommands !== undefined && first === undefined) return beginning(words(subcommands), current);
  const acting = command === 'debug' ? 'build' : command === 'record' ? `record ${first}` : command;
  return among(await argumentsOf(acting, said), current, '');
}

/** Those of a build that is debugged come behind its own. */
async function groupsOf(command: string, isBuild: boolean): Promise<readonly FlagGroup[]> {
  const helps = await Promise.all([helpOf(command), command === 'debug' && isBuild ? helpOf('build') : null]);
  return helps.flatMap((help) => help?.groups ?? []);
}

/** Each flag once. */
function flagsIn(groups: readonly FlagGroup[]): readonly FlagSpec[] {
  const all = groups.flatMap(({ flags }) => flags);
  return [...new Map(all.toReversed().map((flag) => [flag.name, flag])).values()].toReversed();
}

/** `awaited`: the flag whose value comes next. `hasEnded`: what follows are no flags. */
function read(flags: readonly FlagSpec[], line: readonly string[]): { said: Said; awaited: FlagSpec | null; hasEnded: boolean } {
  const values = new Map<string, string>();
  const positionals: string[] = [];
  let awaited: FlagSpec | null = null;
  let hasEnded = false;
  for (const word of line) {
    if (awaited !== null) {
      values.set(awaited.name, word);
      awaited = null;
    } else if (hasEnded || !word.startsWith('-') || word === '-') positionals.push(word);
    else if (word === '--') hasEnded = true;
    else if (word.startsWith('--')) {
      const [name = '', value] = word.slice(2).split(/=(.*)/s);
      if (value !== undefined) values.set(name, value);
      else awaited = valued(flags.find((flag) => flag.name === name));
    } else {
      const letters = [...word.slice(1)];
      const at = letters.findIndex((letter) => valued(flags.find(({ short }) => short === letter)) !== null);
      const flag = flags.find(({ short }) => short === letters[at]);
      if (flag === undefined || at < 0) continue;
      const rest = letters.slice(at + 1).join('');
      if (rest === '') awaited = flag;
      else values.set(flag.name, rest.replace(/^=/, ''));
    }
  }
  return { said: { values, positionals }, awaited, hasEnded };
}

function valued(flag: FlagSpec | undefined): FlagSpec | null {
  return flag === undefined || flag.kind === 'bool' ? null : flag;
}

function namesOf({ name, short, summary }: FlagSpec): Candidate[] {
  const long = { word: `--${name}`, about: summary };
  return short === undefined ? [long] : [long, { word: `-${short}`, about: summary }];
}

function beginning(candidates: readonly Candidate[], prefix: string): Completion {
  return { candidates: candidates.filter(({ word }) => word.startsWith(prefix)), files: 'none' };
}

/** `head`: what stands before the value in the word. */
function among({ candidates, files }: Completion, prefix: string, head: string): Completion {
  return { candidates: beginning(candidates, prefix).candidates.map((one) => ({ ...one, word: head + one.word })), files };
}

/**
 * A command line taken apart with the rules of docker's flag library (spf13/pflag): long and short flags, joined and separate
 * values, bundles of short bools, flags after positional arguments, `--`. It must not interpret values beyond booleans and choices.
 */
import { BxError } from '../../platform/errors.js';
import { parseGoBoolean } from '../../platform/go-boolean.js';
import { nearestName } from '../../platform/nearest-name.js';
import type { FlagSpec } from './flag-spec.js';

export class ParsedFlags {
  readonly positionals: readonly string[];
  readonly #values: ReadonlyMap<string, readonly string[]>;

  constructor(positionals: readonly string[], values: ReadonlyMap<string, readonly string[]>) {
    this.positionals = positionals;
    this.#values = values;
  }

  isSet(name: string): boolean {
    return this.#values.has(name);
  }

  /** The last value given, null when the flag was not given. */
  text(name: string): string | null {
    return this.#values.get(name)?.at(-1) ?? null;
  }

  /** Every value in the order given. */
  list(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  bool(name: string): boolean {
    return this.text(name) === 'true';
  }

  /** Of these flags the one that was given last; null: none was. */
  last(...names: readonly string[]): string | null {
    return [...this.#values.keys()].findLast((name) => names.includes(name)) ?? null;
  }
}

/**
 * Parses `args` (without program and command name). Throws `BxError('usage')` with docker's wording, in meaning.
 * `helpCommand` is named in the hint: `bxtui build --help`.
 */
export function parseFlags(specs: readonly FlagSpec[], args: readonly string[], helpCommand: string): ParsedFlags {
  return new FlagParser(specs, helpCommand).parse(args, Number.POSITIVE_INFINITY);
}

/** The same, but flags end behind the first `count` positional arguments: what follows is somebody else's command line. */
export function parseLeadingFlags(
  specs: readonly FlagSpec[],
  args: readonly string[],
  helpCommand: string,
  count: number,
): ParsedFlags {
  return new FlagParser(specs, helpCommand).parse(args, count);
}

class FlagParser {
  readonly #specs: readonly FlagSpec[];
  readonly #hint: string;
  readonly #values = new Map<string, string[]>();

  constructor(specs: readonly FlagSpec[], helpCommand: string) {
    this.#specs = specs;
    this.#hint = `Run '${helpCommand}' for more information.`;
  }

  parse(args: readonly string[], leading: number): ParsedFlags {
    const positionals: string[] = [];
    const queue = [...args];
    for (let arg = queue.shift(); arg !== undefined; arg = queue.shift()) {
      if (positionals.length >= leading) {
        positionals.push(arg, ...queue);
        break;
      }
      if (arg === '--') {
        positionals.push(...queue);
        break;
      }
      if (arg.startsWith('--')) this.#long(arg, queue);
      else if (arg.startsWith('-') && arg !== '-') this.#bundle(arg, queue);
      else positionals.push(arg);
    }
    return new ParsedFlags(positionals, this.#values);
  }

  #long(arg: string, queue: string[]): void {
    const equals = arg.indexOf('=');
    const name = equals < 0 ? arg.slice(2) : arg.slice(2, equals);
    if (name === '' || name.startsWith('-')) throw this.#error(`bad flag syntax: ${arg}`);
    const spec = this.#specs.find((candidate) => candidate.name === name);
    if (spec === undefined) throw this.#unknownLong(name);
    if (equals >= 0) this.#store(spec, arg.slice(equals + 1));
    else if (spec.kind === 'bool') this.#store(spec, 'true');
    else this.#store(spec, this.#next(queue, `flag needs an argument: --${name}`, spec));
  }

  /** `-qtname`, `-q -t name`, `-t=name`: letters up to the first that takes a value, which takes the rest or the next argument. */
  #bundle(arg: string, queue: string[]): void {
    for (let index = 1; index < arg.length; index++) {
      const letter = arg[index]!;
      const spec = this.#specs.find((candidate) => candidate.short === letter);
      if (spec === undefined) throw this.#error(`unknown shorthand flag: '${letter}' in -${arg.slice(index)}`);
      const rest = arg.slice(index + 1);
      if (spec.kind === 'bool' && !rest.startsWith('=')) {
        this.#store(spec, 'true');
        continue;
      }
      const joined = rest.startsWith('=') ? rest.slice(1) : rest;
      const value = rest === '' ? this.#next(queue, `flag needs an argument: '${letter}' in -${letter}`, spec) : joined;
      this.#store(spec, value);
      break;
    }
  }

  #next(queue: string[], message: string, spec: FlagSpec): string {
    const value = queue.shift();
    if (value === undefined) throw new BxError('usage', message, { hint: `--${spec.name} takes ${spec.value}. ${this.#hint}` });
    return value;
  }

  #store(spec: FlagSpec, value: string): void {
    const written = `${spec.short === undefined ? '' : `-${spec.short}, `}--${spec.name}`;
    let text = value;
    const name = spec.sameAs ?? spec.name;
    // A variable that is not set in `--progress=$MODE`: as if nothing had been said.
    if (value === '' && spec.choices !== undefined && spec.fallback !== undefined) {
      this.#values.delete(name);
      return;
    }
    if (spec.kind === 'bool') {
      const parsed = parseGoBoolean(value);
      if (parsed === null) throw this.#error(`invalid argument "${value}" for "${written}" flag: not a boolean`);
      text = String(parsed);
    } else if (spec.choices !== undefined && !spec.choices.includes(value)) {
      throw this.#error(`invalid argument "${value}" for "${written}" flag: must be ${listChoices(spec.choices)}`);
    }
    const known = this.#values.get(name) ?? [];
    // The one that was given last stands last.
    this.#values.delete(name);
    this.#values.set(name, [...known, text]);
  }

  #unknownLong(name: string): BxError {
    const near = nearestName(
      name,
      this.#specs.map((spec) => spec.name),
    );
    const guess = near === null ? '' : `Did you mean --${near}? `;
    return new BxError('usage', `unknown flag: --${name}`, { hint: guess + this.#hint });
  }

  #error(message: string): BxError {
    return new BxError('usage', message, { hint: this.#hint });
  }
}

/** `a`, `a or b`, `a, b or c`. */
export function listChoices(choices: readonly string[]): string {
  if (choices.length < 2) return choices.join('');
  return `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`;
}

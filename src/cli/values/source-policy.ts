/**
 * The source policy of a file that EXPERIMENTAL_BUILDKIT_SOURCE_POLICY names: JSON in the names of BuildKit's sourcepolicy.Policy, read as Go's
 * encoding/json reads it (docker/buildx, build/build.go), or the same encoded as protobuf.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { SourcePolicy, SourceRule } from '../../engine/source-policy.js';
import { BxError } from '../../platform/errors.js';
import { nearestName } from '../../platform/nearest-name.js';
import { reasonOf } from '../../platform/reason.js';

const SOURCE_POLICY = 'EXPERIMENTAL_BUILDKIT_SOURCE_POLICY';

const ACTIONS = ['ALLOW', 'DENY', 'CONVERT'] as const;
const MATCHES = ['WILDCARD', 'EXACT', 'REGEX'] as const;
const CONDITIONS = ['EQUAL', 'NOTEQUAL', 'MATCHES'] as const;

/** The absolute path of the file; null: the environment names none. */
export function sourcePolicyFile(env: Readonly<Record<string, string | undefined>>, cwd: string): string | null {
  const named = env[SOURCE_POLICY];
  return named ? resolve(cwd, named) : null;
}

/** Throws `BxError('input')`. */
export function readSourcePolicy(path: string): SourcePolicy {
  const bytes = readBytes(path);
  const text = bytes.toString('utf8');
  if (text === '') return { path, version: 0, rules: [], passedOver: ['the file is empty, so that every source is taken'] };
  try {
    return { path, ...parseRules(JSON.parse(text)) };
  } catch (error) {
    // Of what begins a JSON text only the digits can begin an encoded policy, and no policy is a number.
    if (!/^\s*[[{"\d]/.test(text)) return { path, encoded: bytes };
    throw new BxError(
      'input',
      `the source policy ${path} cannot be read: ${error instanceof Wrong ? error.message : reasonOf(error)}`,
      {
        hint: `It is JSON, such as {"rules": [{"action": "DENY", "selector": {"identifier": "https://*"}}]}. Correct it, or unset ${SOURCE_POLICY}.`,
        cause: error,
      },
    );
  }
}

function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new BxError('input', `cannot read the source policy ${path}: ${reasonOf(error)}`, {
      hint: `${SOURCE_POLICY} names it: name another, or unset the variable to build without one.`,
      cause: error,
    });
  }
}

/** What is wrong, and where in the policy. */
class Wrong extends Error {}

/** Throws `Wrong`. */
function parseRules(told: unknown): Omit<Extract<SourcePolicy, { readonly rules: unknown }>, 'path'> {
  const passedOver: string[] = [];
  const policy = fields(told ?? {}, 'it', ['version', 'rules'], passedOver);
  const version = policy.version ?? 0;
  if (!Number.isSafeInteger(version)) throw new Wrong('its version is no whole number');
  const rules = list(policy.rules, 'its rules').map((rule, at) => parseRule(rule, `rule ${at + 1}`, passedOver));
  return { version: version as number, rules, passedOver };
}

function parseRule(told: unknown, place: string, passedOver: string[]): SourceRule {
  const { action, selector, updates } = fields(told, place, ['action', 'selector', 'updates'], passedOver);
  if (selector === undefined) throw new Wrong(`${place} has no selector`);
  const inSelector = `the selector of ${place}`;
  const chosen = fields(selector, inSelector, ['identifier', 'match_type', 'constraints'], passedOver);
  return {
    action: choice(action, ACTIONS, `the action of ${place}`),
    identifier: text(chosen.identifier, `the identifier in ${inSelector}`),
    match: choice(chosen.match_type, MATCHES, `match_type in ${inSelector}`),
    constraints: list(chosen.constraints, `the constraints in ${inSelector}`).map((one, at) => {
      const inConstraint = `constraint ${at + 1} in ${inSelector}`;
      const { key, value, condition } = fields(one, inConstraint, ['key', 'value', 'condition'], passedOver);
      return {
        key: text(key, `the key of ${inConstraint}`),
        value: text(value, `the value of ${inConstraint}`),
        condition: choice(condition, CONDITIONS, `the condition of ${inConstraint}`),
      };
    }),
    updates: updates === undefined ? null : parseUpdates(updates, `the updates of ${place}`, passedOver),
  };
}

function parseUpdates(told: unknown, place: string, passedOver: string[]): SourceRule['updates'] {
  const { identifier, attrs } = fields(told, place, ['identifier', 'attrs'], passedOver);
  if (attrs !== undefined && !isRecord(attrs)) throw new Wrong(`attrs in ${place} is no object`);
  return {
    identifier: text(identifier, `the identifier in ${place}`),
    attrs: Object.fromEntries(Object.entries(attrs ?? {}).map(([key, value]) => [key, text(value, `${key} in ${place}`)])),
  };
}

/** By their names, whose case does not count; null is as if it were not there. Others are passed over, and told. */
function fields<Name extends string>(
  told: unknown,
  place: string,
  names: readonly Name[],
  passedOver: string[],
): Partial<Record<Name, unknown>> {
  if (!isRecord(told)) throw new Wrong(`${place} is no object`);
  const found: Partial<Record<Name, unknown>> = {};
  for (const [key, value] of Object.entries(told)) {
    const name = names.find((one) => one === key.toLowerCase());
    if (name !== undefined && value !== null) found[name] = value;
    if (name === undefined) {
      const near = nearestName(key.toLowerCase(), names);
      passedOver.push(`${place} has "${key}", which is passed over${near === null ? '' : `: did you mean ${near}?`}`);
    }
  }
  return found;
}

function list(told: unknown, place: string): readonly unknown[] {
  if (told === undefined) return [];
  if (!Array.isArray(told)) throw new Wrong(`${place} are no list`);
  return told;
}

function text(told: unknown, place: string): string {
  if (told === undefined) return '';
  if (typeof told !== 'string') throw new Wrong(`${place} is no text`);
  return told;
}

/** By name or by number; what is not given is the first. */
function choice<Name extends string>(told: unknown, names: readonly [Name, ...Name[]], place: string): Name {
  const found = told === undefined ? names[0] : names.find((name, at) => told === name || told === at);
  if (found !== undefined) return found;
  throw new Wrong(`${place} is ${JSON.stringify(told)}, and must be ${names.join(', ')}`);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

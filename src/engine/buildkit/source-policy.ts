/** The source policy of a build as the engine takes it, with every solve that has steps of the build (BuildKit, sourcepolicy). */
import { create, fromBinary } from '@bufbuild/protobuf';
import { BxError } from '../../platform/errors.js';
import type { BuildRequest } from '../engine.js';
import type { EngineFacts } from './engine-facts.js';
import { AttrMatch, MatchType, type Policy, PolicyAction, PolicySchema } from './proto/gen/policy_pb.js';

/**
 * Null: there is none. Throws `BxError('unsupported')` for an engine that would build as if there were none, and `BxError('input')` for one that
 * cannot be decoded.
 */
export function sourcePolicyOf(
  { sourcePolicy }: Pick<BuildRequest, 'sourcePolicy'>,
  { name, takesSourcePolicy }: Pick<EngineFacts, 'name' | 'takesSourcePolicy'>,
): Policy | null {
  if (!sourcePolicy) return null;
  if (!takesSourcePolicy) {
    throw new BxError('unsupported', `${name} knows no source policies, and would take every source (${sourcePolicy.path})`, {
      hint: 'Build with a newer engine, or unset EXPERIMENTAL_BUILDKIT_SOURCE_POLICY.',
    });
  }
  if ('encoded' in sourcePolicy) return decode(sourcePolicy.path, sourcePolicy.encoded);
  return create(PolicySchema, {
    version: BigInt(sourcePolicy.version),
    rules: sourcePolicy.rules.map(({ action, identifier, match, constraints, updates }) => ({
      action: PolicyAction[action],
      selector: {
        identifier,
        matchType: MatchType[match],
        constraints: constraints.map(({ key, value, condition }) => ({ key, value, condition: AttrMatch[condition] })),
      },
      ...(updates && { updates: { identifier: updates.identifier, attrs: { ...updates.attrs } } }),
    })),
  });
}

function decode(path: string, encoded: Uint8Array): Policy {
  let policy: Policy | null = null;
  try {
    policy = fromBinary(PolicySchema, encoded);
  } catch {}
  // Any text may be something encoded; a policy has rules, and every rule a selector.
  if (policy?.rules.length && policy.rules.every(({ selector }) => selector !== undefined)) return policy;
  throw new BxError('input', `the source policy ${path} cannot be read: it is neither JSON nor an encoded policy with rules`, {
    hint: 'Correct it, or unset EXPERIMENTAL_BUILDKIT_SOURCE_POLICY.',
  });
}

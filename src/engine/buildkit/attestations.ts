/** What is told of an image besides it: attributes of the frontend that the engine itself follows, too (docker/buildx, build/opt.go). */
import { BxError } from '../../platform/errors.js';
import type { BuildRequest } from '../engine.js';
import type { EngineFacts } from './engine-facts.js';

const ATTEST = 'attest:';

/** As docker has it where nothing is asked for: what the image was made of, and only where it costs no file of its own. */
const DEFAULT_PROVENANCE = 'mode=min,inline-only=true';

/** Throws `BxError('unsupported')` for what was asked for and this engine cannot have. */
export function attestOptions(
  { attestations = [], outputs }: Pick<BuildRequest, 'attestations' | 'outputs'>,
  { name, lacksAttestations }: Pick<EngineFacts, 'name' | 'lacksAttestations'>,
): Record<string, string> {
  const wanted = attestations.find(({ spec }) => spec !== null);
  if (lacksAttestations !== null && wanted) {
    throw new BxError('unsupported', `--attest type=${wanted.type}: ${name} ${lacksAttestations}`, {
      hint: 'Let the engine store images in containerd (daemon.json: "features": {"containerd-snapshotter": true}), or build with a buildkitd.',
    });
  }
  if (wanted && outputs.some(({ kind }) => kind === 'docker')) {
    throw new BxError(
      'unsupported',
      `--attest type=${wanted.type}: an archive in docker's form holds an image and nothing beside it`,
      {
        hint: 'Say type=oci,dest=FILE instead of type=docker.',
      },
    );
  }
  if (lacksAttestations !== null) return {};
  const hasOwn = attestations.some(({ type }) => type === 'provenance');
  return {
    ...(!hasOwn && { [`${ATTEST}provenance`]: DEFAULT_PROVENANCE }),
    ...Object.fromEntries(attestations.flatMap(({ type, spec }) => (spec === null ? [] : [[`${ATTEST}${type}`, spec]]))),
  };
}

/** Whether the result has to come from the frontend: the engine tells how it was made only of what it has seen being made. */
export function isAttested(options: Readonly<Record<string, string>>): boolean {
  return Object.keys(options).some((name) => name.startsWith(ATTEST));
}

/** For solves whose result nobody gets. */
export function withoutAttestations(options: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !name.startsWith(ATTEST)));
}

/** The flags that are set for all of a build, as checked values. */
import type { BuildSettings } from '../../engine/engine.js';
import type { BuilderKind } from '../../engine/registry.js';
import { BxError } from '../../platform/errors.js';
import type { ParsedFlags } from '../flags/parse-flags.js';
import { parseAddHosts } from '../values/add-host.js';
import { parseAnnotations } from '../values/annotation.js';
import { parseAttestations } from '../values/attestation.js';
import { parseBuildContexts } from '../values/build-context.js';
import { parseByteSize } from '../values/byte-size.js';
import { parseCaches } from '../values/cache.js';
import { parseEntitlements } from '../values/entitlement.js';
import { parseLabel } from '../values/label.js';
import { parseUlimits } from '../values/ulimit.js';
import { readClassicSettings } from './classic-settings.js';

/** What is not given is not in it. Throws `BxError('usage' | 'input')`. */
export function readBuildSettings(flags: ParsedFlags, builder: BuilderKind, env: NodeJS.ProcessEnv, cwd: string): BuildSettings {
  // Of one name the last counts.
  const labels = [...new Map(flags.list('label').map(parseLabel))];
  const extraHosts = flags
    .list('add-host')
    .filter((text) => text !== '')
    .flatMap(parseAddHosts);
  const allow = parseEntitlements(flags.list('allow'));
  const ulimits = parseUlimits(flags.list('ulimit'));
  const noCacheStages = flags.list('no-cache-filter');
  if (noCacheStages.length > 0 && flags.bool('no-cache')) {
    throw new BxError('usage', '--no-cache and --no-cache-filter cannot be used together', { hint: 'Leave one of them out.' });
  }
  const contexts = parseBuildContexts(flags.list('build-context'), cwd);
  const cacheFrom = parseCaches(flags.list('cache-from'), '--cache-from', env, cwd);
  const cacheTo = parseCaches(flags.list('cache-to'), '--cache-to', env, cwd);
  const annotations = parseAnnotations(flags.list('annotation'));
  const attestations = parseAttestations(
    { attest: flags.list('attest'), provenance: flags.text('provenance'), sbom: flags.text('sbom') },
    env,
  );
  const network = flags.text('network') || 'default';
  const shmSize = flags.text('shm-size');
  const shmBytes = shmSize === null ? 0 : parseByteSize(shmSize, '--shm-size');
  const cgroupParent = flags.text('cgroup-parent') ?? '';
  const classic = readClassicSettings(flags, builder, env);
  return {
    ...(labels.length > 0 && { labels }),
    ...(extraHosts.length > 0 && { extraHosts }),
    ...(allow.length > 0 && { allow }),
    ...(ulimits.length > 0 && { ulimits }),
    ...(noCacheStages.length > 0 && { noCacheStages }),
    ...(contexts.length > 0 && { contexts }),
    ...(cacheFrom.length > 0 && { cacheFrom }),
    ...(cacheTo.length > 0 && { cacheTo }),
    ...(Object.keys(annotations).length > 0 && { annotations }),
    ...(attestations.length > 0 && { attestations }),
    ...(network !== 'default' && { network }),
    ...(shmBytes > 0 && { shmBytes }),
    ...(cgroupParent !== '' && { cgroupParent }),
    ...(classic !== null && { classic }),
    ...(flags.bool('pull') && { pull: true }),
  };
}

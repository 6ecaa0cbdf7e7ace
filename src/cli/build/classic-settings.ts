/** The flags that have a meaning for the classic builder only, as checked values. BuildKit takes each of them and passes it over. */
import type { ClassicSettings } from '../../engine/engine.js';
import type { BuilderKind } from '../../engine/registry.js';
import { BxError } from '../../platform/errors.js';
import { parseGoBoolean } from '../../platform/go-boolean.js';
import type { ParsedFlags } from '../flags/parse-flags.js';
import { parseByteSize } from '../values/byte-size.js';
import { parseCsvRecord } from '../values/csv-record.js';
import { parseGoInteger } from '../values/go-integer.js';

/**
 * What is not given is not in it. As docker buildx has it, BuildKit does not even read a size: one that is none is an error of the classic
 * builder alone, which may turn out to be the one that builds. Throws `BxError('usage')`.
 */
export function readClassicSettings(
  flags: ParsedFlags,
  builder: BuilderKind,
  env: Readonly<Record<string, string | undefined>>,
): ClassicSettings | null {
  refuseContentTrust(flags, builder, env);
  const sizes = readSizes(flags, builder === 'classic');
  const count = (name: string, example: string): number => {
    const text = flags.text(name);
    return text === null ? 0 : parseGoInteger(text, `--${name}`, example);
  };
  const [cpuShares, cpuPeriodUs, cpuQuotaUs] = [
    count('cpu-shares', '512'),
    count('cpu-period', '100000'),
    count('cpu-quota', '50000'),
  ];
  const [cpusetCpus, cpusetMems] = [flags.text('cpuset-cpus') ?? '', flags.text('cpuset-mems') ?? ''];
  const settings: ClassicSettings = {
    ...sizes,
    ...(cpuShares !== 0 && { cpuShares }),
    ...(cpuPeriodUs !== 0 && { cpuPeriodUs }),
    ...(cpuQuotaUs !== 0 && { cpuQuotaUs }),
    ...(cpusetCpus !== '' && { cpusetCpus }),
    ...(cpusetMems !== '' && { cpusetMems }),
    ...(flags.isSet('isolation') && { isolation: flags.text('isolation') ?? '' }),
    ...(flags.isSet('security-opt') && { securityOptions: flags.list('security-opt').flatMap(readSecurityOptions) }),
    ...(flags.isSet('squash') && { isSquashed: flags.bool('squash') }),
    ...(flags.bool('compress') && { isCompressed: true }),
    ...(flags.text('rm') === 'false' && { keepsContainers: true }),
  };
  return Object.keys(settings).length === 0 ? null : settings;
}

/**
 * docker's classic builder has a notary say what the base images are, where it is told to or `DOCKER_CONTENT_TRUST` is set (docker/cli,
 * command/trust.go); buildx knows neither. Whoever relies on that must not get an image that nobody has looked at.
 */
function refuseContentTrust(flags: ParsedFlags, builder: BuilderKind, env: Readonly<Record<string, string | undefined>>): void {
  const told = env.DOCKER_CONTENT_TRUST ?? '';
  const isSet = flags.isSet('disable-content-trust');
  const isInEnvironment = builder === 'classic' && !isSet && told !== '' && parseGoBoolean(told) !== false;
  if (!isInEnvironment && flags.text('disable-content-trust') !== 'false') return;
  const what = isInEnvironment ? `DOCKER_CONTENT_TRUST=${told}` : '--disable-content-trust=false';
  throw new BxError('usage', `${what}: bxtui looks at no signatures, and would build from images that nobody has verified`, {
    hint: isInEnvironment
      ? 'Unset the variable or say --disable-content-trust; name base images by their digest (FROM NAME@sha256:…) to be sure of them.'
      : 'Leave the flag out, and name base images by their digest (FROM NAME@sha256:…) to be sure of them.',
  });
}

function readSizes(
  flags: ParsedFlags,
  isStrict: boolean,
): Pick<ClassicSettings, 'memoryBytes' | 'memorySwapBytes' | 'unreadable'> {
  const size = (name: string): number => {
    const text = flags.text(name);
    if (text === null) return 0;
    return name === 'memory-swap' && text === '-1' ? -1 : parseByteSize(text, `--${name}`);
  };
  try {
    const [memoryBytes, memorySwapBytes] = [size('memory'), size('memory-swap')];
    return { ...(memoryBytes !== 0 && { memoryBytes }), ...(memorySwapBytes !== 0 && { memorySwapBytes }) };
  } catch (error) {
    if (isStrict || !(error instanceof BxError)) throw error;
    return { unreadable: { message: error.message, hint: error.hint } };
  }
}

function readSecurityOptions(text: string): string[] {
  try {
    return text === '' ? [] : parseCsvRecord(text);
  } catch (error) {
    const { message, hint } = error as BxError;
    throw new BxError('usage', `invalid --security-opt: ${message}`, { hint, cause: error });
  }
}

/** `--attest`, `--provenance` and `--sbom`: what is told of the image besides it (docker/buildx, util/buildflags/attests.go). */
import type { Attestation } from '../../engine/engine.js';
import { BxError } from '../../platform/errors.js';
import { parseGoBoolean } from '../../platform/go-boolean.js';
import { nearestName } from '../../platform/nearest-name.js';
import { parseCsvRecord } from './csv-record.js';

type Flag = '--attest' | '--provenance' | '--sbom';

/** BuildKit, solver/llbsolver/provenance.go and proc/provenance.go. What else an sbom has is its generator's. */
const PROVENANCE = ['mode', 'inline-only', 'version', 'builder-id', 'reproducible', 'filename'];
const NO_DEFAULT = 'BUILDX_NO_DEFAULT_ATTESTATIONS';

const HINTS: Readonly<Record<Flag, string>> = {
  '--attest': 'For example: --attest type=provenance,mode=max or --attest type=sbom,generator=IMAGE',
  '--provenance': 'It is true, false, mode=min or mode=max.',
  '--sbom': 'It is true, false or generator=IMAGE.',
};

export interface AttestationFlags {
  readonly attest: readonly string[];
  readonly provenance: string | null;
  readonly sbom: string | null;
}

/** Of one type the first counts, and `--attest` comes first. Throws `BxError('usage')`. */
export function parseAttestations(
  { attest, provenance, sbom }: AttestationFlags,
  env: Readonly<Record<string, string | undefined>>,
): readonly Attestation[] {
  const all = [
    ...attest.map((value) => parse('--attest', value, value)),
    ...(provenance ? [parse('--provenance', provenance, canonical('provenance', provenance))] : []),
    ...(sbom ? [parse('--sbom', sbom, canonical('sbom', sbom))] : []),
    ...(hasNoDefault(env) ? [{ type: 'provenance', spec: null } as const] : []),
  ];
  return all.filter(({ type }, index) => all.findIndex((other) => other.type === type) === index);
}

function canonical(type: string, value: string): string {
  const wanted = parseGoBoolean(value);
  return `type=${type},${wanted === null ? value : `disabled=${!wanted}`}`;
}

function hasNoDefault(env: Readonly<Record<string, string | undefined>>): boolean {
  const told = env[NO_DEFAULT];
  if (!told) return false;
  const parsed = parseGoBoolean(told);
  if (parsed !== null) return parsed;
  throw new BxError('usage', `${NO_DEFAULT} is ${JSON.stringify(told)}, and must be true or false`);
}

function parse(flag: Flag, value: string, text: string): Attestation {
  const refused = (why: string): BxError => new BxError('usage', `${flag} ${value}: ${why}`, { hint: HINTS[flag] });
  let type = '';
  let isDisabled = false;
  const attrs: Record<string, string> = {};
  for (const field of parseCsvRecord(text)) {
    const equals = field.indexOf('=');
    if (equals < 0) throw refused(`"${field}" must be NAME=VALUE`);
    const [name, told] = [field.slice(0, equals), field.slice(equals + 1)];
    const key = name.toLowerCase().trim();
    if (key === 'type') type = told;
    else if (key === 'disabled') {
      const parsed = parseGoBoolean(told);
      if (parsed === null) throw refused(`disabled is "${told}", and must be true or false`);
      isDisabled = parsed;
    } else attrs[name] = told;
  }
  if (type === '') throw refused('type is required: provenance or sbom');
  if (type !== 'provenance' && type !== 'sbom') throw refused(`unknown type "${type}", it must be provenance or sbom`);
  if (isDisabled) return { type, spec: null };
  const why = type === 'provenance' ? wrongProvenance(attrs) : attrs.generator === '' ? 'generator is empty' : null;
  if (why !== null) throw refused(why);
  return { type, spec: specOf({ type, ...attrs }) };
}

function wrongProvenance(attrs: Readonly<Record<string, string>>): string | null {
  for (const [name, told] of Object.entries(attrs)) {
    if (!PROVENANCE.includes(name)) {
      const near = nearestName(name, PROVENANCE);
      return `unknown attribute "${name}"${near === null ? `, it takes ${PROVENANCE.join(', ')}` : `, did you mean ${near}?`}`;
    }
    if (name === 'mode' && !['min', 'max'].includes(told)) return `mode is "${told}", and must be min or max`;
    if (name === 'version' && !['v0.2', 'v1'].includes(told)) return `version is "${told}", and must be v0.2 or v1`;
    const isBoolean = name === 'inline-only' || name === 'reproducible';
    if (isBoolean && parseGoBoolean(told) === null) return `${name} is "${told}", and must be true or false`;
  }
  return null;
}

/** In the order in which docker writes them, so that the engine is told the same. */
function specOf({ type, ...attrs }: Readonly<Record<string, string>> & { readonly type: string }): string {
  const sorted = Object.entries(attrs).sort(([a], [b]) => (a < b ? -1 : 1));
  return [['type', type], ...sorted].map(([name, told]) => csvField(`${name}=${told}`)).join(',');
}

function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

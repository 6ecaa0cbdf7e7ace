/**
 * What may stand in `--output` besides type and dest: names and values that an engine's exporters know (BuildKit, exporter/containerimage/exptypes/keys.go,
 * exporter/local/fs.go, util/compression). An engine passes over a name that it does not know, and tells of a wrong value only when it exports.
 */
import { BxError } from '../../platform/errors.js';
import { parseGoBoolean } from '../../platform/go-boolean.js';
import { nearestName } from '../../platform/nearest-name.js';

/** Highest level by compression; those without one take any whole number. */
const COMPRESSIONS: Readonly<Record<string, number | null>> = { uncompressed: null, gzip: 9, estargz: 9, zstd: 22 };

const EXAMPLES: Readonly<Record<Kind, string>> = { text: 'value', boolean: 'true', integer: '3', compression: 'zstd' };

type Kind = 'text' | 'boolean' | 'integer' | 'compression';

const FILES: Readonly<Record<string, Kind>> = {
  'platform-split': 'boolean',
  'attestation-prefix': 'text',
  'source-date-epoch': 'integer',
};

const LAYERS: Readonly<Record<string, Kind>> = {
  name: 'text',
  compression: 'compression',
  'compression-level': 'integer',
  'force-compression': 'boolean',
  'oci-mediatypes': 'boolean',
  'oci-artifact': 'boolean',
  'attestation-inline': 'boolean',
  'prefer-nondist-layers': 'boolean',
  'rewrite-timestamp': 'boolean',
  'source-date-epoch': 'integer',
  // Of older engines.
  buildinfo: 'boolean',
  'buildinfo-attrs': 'boolean',
};

const STORED: Readonly<Record<string, Kind>> = {
  ...LAYERS,
  push: 'boolean',
  'push-by-digest': 'boolean',
  'registry.insecure': 'boolean',
  unpack: 'boolean',
  store: 'boolean',
  'name-canonical': 'boolean',
  'dangling-name-prefix': 'text',
  // Spelled so by BuildKit.
  'danging-name-empty-only': 'boolean',
};

const KNOWN: Readonly<Record<string, Readonly<Record<string, Kind>>>> = {
  local: FILES,
  tar: FILES,
  oci: { ...LAYERS, tar: 'boolean' },
  docker: { ...LAYERS, tar: 'boolean' },
  image: STORED,
  registry: STORED,
  cacheonly: {},
};

/** `annotation.KEY`, `annotation-index.KEY`, `annotation-manifest[linux/amd64].KEY` (exptypes/annotations.go). */
const ANNOTATION = /^annotation(?:-(?:index|index-descriptor|manifest|manifest-descriptor))?(?:\[[A-Za-z0-9_/-]+\])?\.\S+$/;

/** The same with booleans as `true` and `false`; one without a value is true, as the engine has it. `value`: of the flag, as written. Throws `BxError('usage')`. */
export function checkAttributes(
  value: string,
  type: string,
  attrs: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const known = KNOWN[type] ?? {};
  const checked = Object.entries(attrs).map(([name, text]) => {
    const kind = known[name] ?? (ANNOTATION.test(name) && 'name' in known ? 'text' : null);
    if (kind === null) throw unknownAttribute(value, type, name, Object.keys(known));
    const accepted = refusal(kind, name, text, attrs.compression);
    if (accepted === null) return [name, kind === 'boolean' ? String(text === '' || parseGoBoolean(text)) : text] as const;
    throw new BxError('usage', `--output ${value}: ${name} is ${JSON.stringify(text)}, and must be ${accepted}`, {
      hint: `For example: ${name}=${EXAMPLES[kind]}`,
    });
  });
  return Object.fromEntries(checked);
}

/** What is accepted; null: this is. */
function refusal(kind: Kind, name: string, text: string, compression: string | undefined): string | null {
  switch (kind) {
    case 'text':
      return null;
    case 'boolean':
      return text !== '' && parseGoBoolean(text) === null ? 'true or false' : null;
    case 'compression':
      return text in COMPRESSIONS
        ? null
        : Object.keys(COMPRESSIONS)
            .join(', ')
            .replace(/, (\w+)$/, ' or $1');
    case 'integer': {
      if (!/^-?\d+$/.test(text)) return 'a whole number';
      const most = name === 'compression-level' ? COMPRESSIONS[compression ?? 'gzip'] : null;
      return most == null || (Number(text) >= 0 && Number(text) <= most) ? null : `a number from 0 to ${most}`;
    }
  }
}

function unknownAttribute(value: string, type: string, name: string, known: readonly string[]): BxError {
  const near = nearestName(name, known);
  const all =
    known.length === 0
      ? `type=${type} takes none.`
      : `type=${type} takes ${known.join(', ')}${'name' in (KNOWN[type] ?? {}) ? ' and annotation.KEY' : ''}.`;
  return new BxError('usage', `--output ${value}: unknown attribute "${name}"`, {
    hint: near === null ? all : `Did you mean ${near}? ${all}`,
  });
}

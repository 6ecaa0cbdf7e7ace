/** `--annotation [TYPE:]NAME=VALUE` as attributes of the engine's exporters (docker/buildx, util/buildflags/export.go). */
import type { ExporterAttrs } from '../../engine/engine.js';
import { BxError } from '../../platform/errors.js';
import { parsePlatform } from './platform.js';

const TYPES = ['manifest', 'manifest-descriptor', 'index', 'index-descriptor'];
const HINT = `For example: --annotation org.opencontainers.image.title=App, or with what it is for: --annotation "index,manifest[linux/amd64]:title=App". What it can be for: ${TYPES.join(', ')}.`;

/** Without a type it is the manifest's. An empty value counts for nothing, as with docker. Throws `BxError('usage')`. */
export function parseAnnotations(values: readonly string[]): ExporterAttrs {
  return Object.fromEntries(values.filter((value) => value !== '').flatMap(parseAnnotation));
}

function parseAnnotation(value: string): Array<readonly [attribute: string, text: string]> {
  const equals = value.indexOf('=');
  if (equals < 0) throw refused(value, 'it must be NAME=VALUE');
  const [before, text] = [value.slice(0, equals), value.slice(equals + 1)];
  const colon = before.indexOf(':');
  const name = before.slice(colon + 1);
  if (name === '' || /\s/.test(name)) throw refused(value, name === '' ? 'the name is empty' : 'a name has no spaces');
  if (colon < 0) return [[`annotation.${name}`, text]];
  return before
    .slice(0, colon)
    .split(',')
    .map((one) => [`annotation-${typeOf(value, one)}.${name}`, text] as const);
}

/** An index has no platform, and one that is given with it counts for nothing. */
function typeOf(value: string, text: string): string {
  const [, type = '', platform] = /^([a-z-]+)(?:\[([A-Za-z0-9_/-]+)\])?$/.exec(text) ?? [];
  if (!TYPES.includes(type)) throw refused(value, `unknown type "${text}"`);
  if (platform === undefined || type.startsWith('index')) return type;
  try {
    return `${type}[${parsePlatform([platform])}]`;
  } catch {
    throw refused(value, `"${platform}" is no platform`);
  }
}

function refused(value: string, why: string): BxError {
  return new BxError('usage', `invalid --annotation "${value}": ${why}`, { hint: HINT });
}

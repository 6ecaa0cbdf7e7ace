/** What is told of an image besides it, as it is written: annotations and attestations. */
import { describe, expect, it } from 'vitest';
import { parseAnnotations } from '../../../../src/cli/values/annotation.js';
import { parseAttestations } from '../../../../src/cli/values/attestation.js';

describe('annotations', () => {
  it.each([
    ['a=b', { 'annotation.a': 'b' }],
    ['a=b=c:d', { 'annotation.a': 'b=c:d' }],
    ['org.opencontainers.image.title=', { 'annotation.org.opencontainers.image.title': '' }],
    ['manifest:a=b', { 'annotation-manifest.a': 'b' }],
    ['index,manifest:a=b', { 'annotation-index.a': 'b', 'annotation-manifest.a': 'b' }],
    ['manifest-descriptor[linux/x86_64]:a=b', { 'annotation-manifest-descriptor[linux/amd64].a': 'b' }],
    ['index-descriptor[linux/amd64]:a=b', { 'annotation-index-descriptor.a': 'b' }],
    ['', {}],
  ])('are read: %s', (value, expected) => {
    expect(parseAnnotations([value])).toEqual(expected);
  });

  it('count in the order given', () => {
    expect(parseAnnotations(['a=1', 'b=2', 'a=3'])).toEqual({ 'annotation.a': '3', 'annotation.b': '2' });
  });

  it.each([
    ['a', 'it must be NAME=VALUE'],
    ['=b', 'the name is empty'],
    ['index:=b', 'the name is empty'],
    ['a b=c', 'a name has no spaces'],
    ['image:a=b', 'unknown type "image"'],
    ['manifest,:a=b', 'unknown type ""'],
    ['manifest[linux]x:a=b', 'unknown type "manifest[linux]x"'],
    ['manifest[plan10/amd64]:a=b', '"plan10/amd64" is no platform'],
  ])('are refused: %s', (value, why) => {
    expect(() => parseAnnotations([value])).toThrow(
      expect.objectContaining({
        message: `invalid --annotation "${value}": ${why}`,
        hint: expect.stringContaining('index-descriptor'),
      }),
    );
  });
});

describe('attestations', () => {
  const read = (flags: { attest?: string[]; provenance?: string; sbom?: string }, env = {}) =>
    parseAttestations({ attest: [], provenance: null, sbom: null, ...flags }, env);

  it.each([
    [{}, []],
    [{ provenance: '', sbom: '' }, []],
    [{ provenance: 'true' }, [{ type: 'provenance', spec: 'type=provenance' }]],
    [{ provenance: 'F' }, [{ type: 'provenance', spec: null }]],
    [{ provenance: 'mode=max,inline-only=false' }, [{ type: 'provenance', spec: 'type=provenance,inline-only=false,mode=max' }]],
    [{ sbom: '1' }, [{ type: 'sbom', spec: 'type=sbom' }]],
    [{ sbom: 'generator=r/a' }, [{ type: 'sbom', spec: 'type=sbom,generator=r/a' }]],
    [{ attest: ['type=sbom,"generator=a,b"'] }, [{ type: 'sbom', spec: 'type=sbom,"generator=a,b"' }]],
    [{ attest: ['type=provenance,disabled=true'] }, [{ type: 'provenance', spec: null }]],
    // The first counts.
    [{ attest: ['type=provenance,mode=max'], provenance: 'false' }, [{ type: 'provenance', spec: 'type=provenance,mode=max' }]],
  ] as ReadonlyArray<[Parameters<typeof read>[0], unknown]>)('are read: %j', (flags, expected) => {
    expect(read(flags)).toEqual(expected);
  });

  it('that docker makes by itself are not made where the environment says so', () => {
    const env = { BUILDX_NO_DEFAULT_ATTESTATIONS: '1' };
    expect(read({}, env)).toEqual([{ type: 'provenance', spec: null }]);
    expect(read({ provenance: 'true' }, env)).toEqual([{ type: 'provenance', spec: 'type=provenance' }]);
    expect(read({}, { BUILDX_NO_DEFAULT_ATTESTATIONS: 'false' })).toEqual([]);
    expect(read({}, { BUILDX_NO_DEFAULT_ATTESTATIONS: '' })).toEqual([]);
    expect(() => read({}, { BUILDX_NO_DEFAULT_ATTESTATIONS: 'maybe' })).toThrow('BUILDX_NO_DEFAULT_ATTESTATIONS is "maybe"');
  });

  it.each([
    [{ attest: ['mode=max'] }, '--attest mode=max: type is required'],
    [{ attest: ['type=foo'] }, '--attest type=foo: unknown type "foo", it must be provenance or sbom'],
    [{ attest: ['type=sbom,disabled=maybe'] }, 'disabled is "maybe", and must be true or false'],
    [{ provenance: 'max' }, '--provenance max: "max" must be NAME=VALUE'],
    [{ provenance: 'mode=full' }, '--provenance mode=full: mode is "full", and must be min or max'],
    [{ provenance: 'mod=max' }, 'unknown attribute "mod", did you mean mode?'],
    [{ provenance: 'version=v3' }, 'version is "v3", and must be v0.2 or v1'],
    [{ provenance: 'reproducible=x' }, 'reproducible is "x", and must be true or false'],
    [{ sbom: 'generator=' }, '--sbom generator=: generator is empty'],
    [{ sbom: 'yes' }, '--sbom yes: "yes" must be NAME=VALUE'],
  ] as ReadonlyArray<[Parameters<typeof read>[0], string]>)('are refused: %j', (flags, message) => {
    expect(() => read(flags)).toThrow(message);
  });
});

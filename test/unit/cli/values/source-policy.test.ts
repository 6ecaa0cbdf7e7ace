/** The file of a source policy, as docker buildx reads it, and what is wrong with one. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readSourcePolicy, sourcePolicyFile } from '../../../../src/cli/values/source-policy.js';
import { sourcePolicyOf } from '../../../../src/engine/buildkit/source-policy.js';

const dir = mkdtempSync(join(tmpdir(), 'bxtui-policy-'));
const path = join(dir, 'policy.json');
afterAll(() => rmSync(dir, { recursive: true }));

function read(content: string | Uint8Array) {
  writeFileSync(path, content);
  return readSourcePolicy(path);
}

const ENGINE = { name: 'Engine 1', takesSourcePolicy: true };
const DENY = Uint8Array.from([0x12, 10, 0x08, 1, 0x12, 6, 0x0a, 4, ...Buffer.from('a://')]);

describe('a source policy', () => {
  it('is named by the environment', () => {
    expect(sourcePolicyFile({ EXPERIMENTAL_BUILDKIT_SOURCE_POLICY: 'p' }, '/w')).toBe('/w/p');
    expect(sourcePolicyFile({ EXPERIMENTAL_BUILDKIT_SOURCE_POLICY: '' }, '/w')).toBeNull();
    expect(sourcePolicyFile({}, '/w')).toBeNull();
  });

  it('is read by names and by numbers, whatever their case, and goes to the engine', () => {
    const policy = read(
      JSON.stringify({
        version: 1,
        rules: [
          {
            action: 'CONVERT',
            Selector: { identifier: 'a', match_type: 'REGEX', constraints: [{ key: 'k', value: 'v', condition: 2 }] },
            updates: { identifier: 'b', attrs: { x: 'y' } },
          },
          { action: 1, selector: { identifier: 'c', constraints: null }, updates: null },
        ],
      }),
    );
    expect(policy).toMatchObject({ path, version: 1, passedOver: [] });
    expect(sourcePolicyOf({ sourcePolicy: policy }, ENGINE)).toMatchObject({
      version: 1n,
      rules: [
        {
          ...{ action: 2, selector: { identifier: 'a', matchType: 2, constraints: [{ key: 'k', value: 'v', condition: 2 }] } },
          updates: { identifier: 'b', attrs: { x: 'y' } },
        },
        { action: 1, selector: { identifier: 'c', matchType: 0, constraints: [] } },
      ],
    });
  });

  it('may be encoded', () => {
    expect(sourcePolicyOf({ sourcePolicy: read(DENY) }, ENGINE)).toMatchObject({
      rules: [{ action: 1, selector: { identifier: 'a://' } }],
    });
  });

  it('tells names that have no meaning, and that it is empty', () => {
    const { passedOver } = read('{"rules":[{"selector":{"identifier":"a","matchType":"EXACT"}}],"x":1}') as {
      readonly passedOver: readonly string[];
    };
    expect(passedOver).toEqual([
      'it has "x", which is passed over',
      'the selector of rule 1 has "matchType", which is passed over: did you mean match_type?',
    ]);
    expect(read('')).toMatchObject({ rules: [], passedOver: [expect.stringContaining('empty')] });
    expect(read('null')).toMatchObject({ rules: [], passedOver: [] });
  });

  it.each([
    ['{"rules":[', /Unexpected end of JSON/],
    ['[]', /it is no object/],
    ['{"version":1.5}', /version is no whole number/],
    ['{"rules":{}}', /rules are no list/],
    ['{"rules":[null]}', /rule 1 is no object/],
    ['{"rules":[{"action":"DENY"}]}', /rule 1 has no selector/],
    ['{"rules":[{"action":"deny","selector":{}}]}', /the action of rule 1 is "deny", and must be ALLOW, DENY, CONVERT/],
    ['{"rules":[{"selector":{"identifier":3}}]}', /the identifier in the selector of rule 1 is no text/],
    ['{"rules":[{"selector":{"match_type":9}}]}', /match_type in the selector of rule 1 is 9/],
    ['{"rules":[{"selector":{"constraints":[{"condition":"X"}]}}]}', /the condition of constraint 1 .* "X"/],
    ['{"rules":[{"selector":{},"updates":{"attrs":{"a":1}}}]}', /a in the updates of rule 1 is no text/],
  ])('that is none is refused with what is wrong: %s', (content, message) => {
    expect(() => read(content)).toThrow(message);
    expect(() => read(content)).toThrow(path);
  });

  it('that is neither of both is refused, as is one that is not there', () => {
    for (const content of ['rules: []', Uint8Array.from([0x12, 2, 0x08, 1])]) {
      expect(() => sourcePolicyOf({ sourcePolicy: read(content) }, ENGINE)).toThrow(/neither JSON nor an encoded policy/);
    }
    expect(() => readSourcePolicy(join(dir, 'none'))).toThrow(/cannot read the source policy .*none: it does not exist/);
  });

  it('is refused by an engine that would pass it over', () => {
    expect(() => sourcePolicyOf({ sourcePolicy: read(DENY) }, { ...ENGINE, takesSourcePolicy: false })).toThrow(
      /Engine 1 knows no source policies/,
    );
  });
});

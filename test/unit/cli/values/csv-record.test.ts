import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCsvPairs, parseCsvRecord } from '../../../../src/cli/values/csv-record.js';

describe('parseCsvRecord', () => {
  it.each([
    ['a,b', ['a', 'b']],
    ['a', ['a']],
    ['a,', ['a', '']],
    [',', ['', '']],
    ['type=local,"dest=a""b"', ['type=local', 'dest=a"b']],
    ['"a,b",c', ['a,b', 'c']],
    ['"a\nb"', ['a\nb']],
    [' a , b ', [' a ', ' b ']],
  ])('reads %j', (text, fields) => {
    expect(parseCsvRecord(text)).toEqual(fields);
  });

  it.each([
    ['args="x"', 'a quote inside a field'],
    ['"a"b,c', 'text after a closing quote'],
    ['"a', 'not closed'],
    ['a\nb', 'line break'],
  ])('refuses %j', (text, message) => {
    expect(() => parseCsvRecord(text)).toThrow(message);
  });

  it.each([
    ['args="x"', ['args="x"']],
    ['"a"b,c', ['a"b,c']],
    ['"a"b",c', ['a"b', 'c']],
    ['"a', ['a']],
    ['entrypoint=["sh"],"args=[""-c""]"', ['entrypoint=["sh"]', 'args=["-c"]']],
  ])('reads %j with lazy quotes as Go does', (text, fields) => {
    expect(parseCsvRecord(text, { lazyQuotes: true })).toEqual(fields);
  });

  it('reads back whatever is written with every field quoted', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1 }), (fields) => {
        const written = fields.map((field) => `"${field.replaceAll('"', '""')}"`).join(',');
        expect(parseCsvRecord(written)).toEqual(fields);
        expect(parseCsvRecord(written, { lazyQuotes: true })).toEqual(fields);
      }),
    );
  });
});

describe('parseCsvPairs', () => {
  it('splits at the first = and ignores the case of keys', () => {
    expect(parseCsvPairs('Type=local,dest=a=b', '--output')).toEqual([
      ['type', 'local'],
      ['dest', 'a=b'],
    ]);
  });

  it('names the field that is no pair', () => {
    expect(() => parseCsvPairs('type=tar,dest', '--output')).toThrow('invalid field "dest" in --output type=tar,dest');
  });
});

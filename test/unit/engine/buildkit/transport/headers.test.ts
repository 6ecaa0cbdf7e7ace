/** The bundle's Headers against Node's own: what gRPC does with them has to come out the same. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Headers as OwnHeaders } from '../../../../../src/engine/buildkit/transport/headers.js';

const name = fc.constantFrom('Accept', 'accept', 'grpc-status', 'Grpc-Message', 'x-a', 'X-B', 'x-b-bin', 'te');
const value = fc.constantFrom('', '0', ' trimmed\t', 'a, b', 'trailers', 'AAEC', 'in  side');
const step = fc.oneof(
  fc.record({ kind: fc.constantFrom('append' as const, 'set' as const), name, value }),
  fc.record({ kind: fc.constant('delete' as const), name }),
);

describe('the headers of the bundle', () => {
  it('hold what the standard ones hold after any sequence of changes', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value)), fc.array(step), fc.array(name), (start, steps, asked) => {
        const own = new OwnHeaders(start);
        const standard = new Headers(start);
        for (const change of steps) {
          if (change.kind === 'delete') {
            own.delete(change.name);
            standard.delete(change.name);
          } else {
            own[change.kind](change.name, change.value);
            standard[change.kind](change.name, change.value);
          }
        }
        expect([...own]).toEqual([...standard]);
        expect([...own.keys()]).toEqual([...standard.keys()]);
        expect([...own.values()]).toEqual([...standard.values()]);
        for (const wanted of asked) {
          expect(own.get(wanted)).toBe(standard.get(wanted));
          expect(own.has(wanted)).toBe(standard.has(wanted));
        }
      }),
    );
  });

  it('are made from nothing, a record, pairs and other headers', () => {
    expect([...new OwnHeaders()]).toEqual([]);
    const fromRecord = new OwnHeaders({ B: '2', a: '1' });
    const expected = [
      ['a', '1'],
      ['b', '2'],
    ];
    expect([...fromRecord]).toEqual(expected);
    expect([...new OwnHeaders(fromRecord)]).toEqual(expected);
    expect([...new OwnHeaders(new Headers({ a: '1', b: '2' }))]).toEqual(expected);
  });

  it('visit value before name', () => {
    const seen: unknown[] = [];
    const headers = new OwnHeaders({ a: '1' });
    headers.forEach((...args) => {
      seen.push(args);
    });
    expect(seen).toEqual([['1', 'a', headers]]);
  });

  it('are copied by the standard ones', () => {
    expect(new Headers(new OwnHeaders({ a: '1' }) as unknown as [string, string][]).get('a')).toBe('1');
  });
});

/** Lines as buildx 0.29 has written them; times, digests and texts are the sample's. */
import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { StatusResponseSchema } from '../../../../src/engine/buildkit/proto/gen/control_pb.js';
import { solveStatusLine } from '../../../../src/engine/buildkit/solve-status.js';

const bytes = (text: string) => new TextEncoder().encode(text);
const line = (init: Parameters<typeof create<typeof StatusResponseSchema>>[1]) =>
  solveStatusLine(create(StatusResponseSchema, init));

describe('solveStatusLine', () => {
  it('writes vertices with what they have, and escapes as Go does', () => {
    const started = { seconds: 1795692480n, nanos: 798287952 };
    const completed = { seconds: 1795692480n, nanos: 798_000_000 };
    const vertexes = [
      { digest: 'sha256:b', inputs: ['sha256:a'], name: 'RUN echo "<there>" & you', started, completed, cached: true },
      { digest: 'sha256:c', error: 'exit code: 1', progressGroup: { id: 'g', name: 'copy', weak: true } },
    ];
    expect(line({ vertexes })).toBe(
      '{"vertexes":[{"digest":"sha256:b","inputs":["sha256:a"],"name":"RUN echo \\"\\u003cthere\\u003e\\" \\u0026 you",' +
        '"started":"2026-11-26T11:28:00.798287952Z","completed":"2026-11-26T11:28:00.798Z","cached":true},' +
        '{"digest":"sha256:c","error":"exit code: 1","progressGroup":{"id":"g","name":"copy","weak":true}}]}',
    );
  });

  it('writes counters with their zeros, and a time that is missing as the beginning of time', () => {
    const timestamp = { seconds: 1795692480n, nanos: 0 };
    expect(
      line({
        statuses: [
          { ID: 'layers', vertex: 'v', timestamp, started: timestamp },
          { ID: 'x', total: 9n },
        ],
      }),
    ).toBe(
      '{"statuses":[{"id":"layers","vertex":"v","current":0,"timestamp":"2026-11-26T11:28:00Z","started":"2026-11-26T11:28:00Z"},' +
        '{"id":"x","total":9,"current":0,"timestamp":"1970-01-01T00:00:00Z"}]}',
    );
  });

  it('writes logs as bytes, whatever they are', () => {
    const timestamp = { seconds: 0n, nanos: 5 };
    expect(
      line({
        logs: [
          { vertex: 'v', stream: 2n, msg: Uint8Array.of(0xff, 10), timestamp },
          { vertex: 'v', timestamp },
        ],
      }),
    ).toBe(
      '{"logs":[{"vertex":"v","stream":2,"data":"/wo=","timestamp":"1970-01-01T00:00:00.000000005Z"},' +
        '{"vertex":"v","data":null,"timestamp":"1970-01-01T00:00:00.000000005Z"}]}',
    );
  });

  it('writes warnings with all of their source', () => {
    const definition = {
      def: [bytes('a')],
      metadata: { z: { caps: { b: true, a: true }, ignoreCache: true }, y: { description: { k: 'v' } } },
      Source: { locations: { z: {} } },
    };
    const info = { filename: 'Dockerfile', data: bytes('FROM x'), definition, language: 'Dockerfile' };
    const ranges = [{ start: { line: 5 }, end: { line: 5, character: 3 } }];
    const warnings = [{ vertex: 'v', level: 1n, short: bytes('s'), detail: [bytes('d')], url: 'u', info, ranges }];
    expect(line({ warnings })).toBe(
      '{"warnings":[{"vertex":"v","level":1,"short":"cw==","detail":["ZA=="],"url":"u","sourceInfo":{"filename":"Dockerfile",' +
        '"data":"RlJPTSB4","definition":{"def":["YQ=="],"metadata":{"y":{"description":{"k":"v"}},"z":{"ignore_cache":true,' +
        '"caps":{"a":true,"b":true}}},"Source":{"locations":{"z":{}}}},"language":"Dockerfile"},' +
        '"range":[{"start":{"line":5},"end":{"line":5,"character":3}}]}]}',
    );
  });

  it('writes a message without anything as an empty object', () => {
    expect(line({})).toBe('{}');
  });
});

/** Directories as stores of blobs, called as the engine calls them. */
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, type DescMessage, fromBinary, type MessageInitShape, type MessageShape, toBinary } from '@bufbuild/protobuf';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { contentDirectories, recordCaches, toldCache, withLocalCaches } from '../../../../../src/engine/buildkit/local-caches.js';
import * as proto from '../../../../../src/engine/buildkit/proto/gen/content_pb.js';
import type { BuildRequest } from '../../../../../src/engine/engine.js';
import { findInIndex, putIntoIndex } from '../../../../../src/engine/shared/files/oci-index.js';
import { call, type OpenPair, openPair } from './loopback.js';

const digestOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;
const SERVICE = '/containerd.services.content.v1.Content';

describe('a directory of blobs', () => {
  let root: string;
  let directory: string;
  let pair: OpenPair;
  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'bxtui-content-'));
    directory = join(root, 'store');
    pair = await openPair(root, { contents: new Map([['local:/c', directory]]) });
  });
  afterEach(async () => {
    await pair.close();
    rmSync(root, { recursive: true, force: true });
  });

  const open = <O extends DescMessage>(method: string, answer: O, store = 'local:/c') => {
    const answers: MessageShape<O>[] = [];
    const calling = call(pair.engine, `${SERVICE}/${method}`, { 'buildkit-attachable-store-id': store }, (message) =>
      answers.push(fromBinary(answer, message)),
    );
    return { ...calling, answers };
  };
  const ask = async <I extends DescMessage, O extends DescMessage>(
    method: string,
    [input, message]: readonly [I, MessageInitShape<I>],
    output: O,
    store?: string,
  ) => {
    const calling = open(method, output, store);
    calling.send(Buffer.from(toBinary(input, create(input, message))));
    calling.stream.end();
    return { ...(await calling.result), answers: calling.answers };
  };

  /** As containerd's client writes: a question for the state, the bytes, the end. */
  function begin(ref = 'layer') {
    const calling = open('Write', proto.WriteContentResponseSchema);
    const send = (message: MessageInitShape<typeof proto.WriteContentRequestSchema>): void =>
      calling.send(Buffer.from(toBinary(proto.WriteContentRequestSchema, create(proto.WriteContentRequestSchema, message))));
    send({ action: proto.WriteAction.STAT, ref });
    return { ...calling, sendPart: send };
  }

  async function writeWhole(text: string, expected = digestOf(text)) {
    const writing = begin();
    const half = Math.floor(text.length / 2);
    writing.sendPart({ action: proto.WriteAction.WRITE, offset: 0n, data: Buffer.from(text.slice(0, half)) });
    writing.sendPart({ action: proto.WriteAction.WRITE, offset: BigInt(half), data: Buffer.from(text.slice(half)) });
    writing.sendPart({ action: proto.WriteAction.COMMIT, offset: BigInt(text.length), total: BigInt(text.length), expected });
    writing.stream.end();
    return { ...(await writing.result), answers: writing.answers };
  }

  it('takes a blob and gives it back, whole and in parts', async () => {
    const text = 'x'.repeat(3_000_000);
    const { status, answers } = await writeWhole(text);
    expect([status, answers.at(-1)?.digest, answers.at(-1)?.offset]).toEqual(['0', digestOf(text), 3_000_000n]);
    expect(readFileSync(join(directory, 'blobs/sha256', digestOf(text).slice(7)), 'utf8')).toBe(text);
    expect(readdirSync(join(directory, 'ingest'))).toEqual([]);
    const info = await ask('Info', [proto.InfoRequestSchema, { digest: digestOf(text) }], proto.InfoResponseSchema);
    expect(info.answers[0]?.info?.size).toBe(3_000_000n);
    const read = async (offset: bigint, size: bigint): Promise<string> => {
      const { answers: parts } = await ask(
        'Read',
        [proto.ReadContentRequestSchema, { digest: digestOf(text), offset, size }],
        proto.ReadContentResponseSchema,
      );
      return Buffer.concat(parts.map(({ data }) => data)).toString();
    };
    expect((await read(0n, 0n)).length).toBe(3_000_000);
    expect(await read(2_999_990n, 5n)).toBe('xxxxx');
    expect(await read(2_999_990n, 50n)).toBe('x'.repeat(10));
  });

  it('has no blob of another digest than was said, and nothing of one that was broken off', async () => {
    const wrong = await writeWhole('text', digestOf('another'));
    expect(wrong.status).not.toBe('0');
    const broken = begin();
    broken.sendPart({ action: proto.WriteAction.WRITE, offset: 0n, data: Buffer.from('half') });
    await expect.poll(() => broken.answers.length).toBe(2);
    expect(readdirSync(join(directory, 'ingest'))).toHaveLength(1);
    broken.stream.close();
    await expect.poll(() => readdirSync(join(directory, 'ingest'))).toEqual([]);
    expect(readdirSync(join(directory, 'blobs/sha256'))).toEqual([]);
  });

  it('says what is there already, what is not, and what it is no store of', async () => {
    await writeWhole('text');
    expect((await writeWhole('text')).status).toBe('6');
    const absent = await ask('Info', [proto.InfoRequestSchema, { digest: digestOf('no') }], proto.InfoResponseSchema);
    expect(absent.status).toBe('5');
    const outside = await ask('Info', [proto.InfoRequestSchema, { digest: 'sha256:../../x' }], proto.InfoResponseSchema);
    expect(outside.status).toBe('3');
    const other = await ask(
      'Info',
      [proto.InfoRequestSchema, { digest: digestOf('text') }],
      proto.InfoResponseSchema,
      'local:/d',
    );
    expect(other).toMatchObject({ status: '5', message: expect.stringContaining('unknown store local:/d') });
  });

  it('is named by its index, which keeps what others have put into it', () => {
    const descriptor = (text: string) => ({ mediaType: 'm', digest: digestOf(text), size: text.length });
    expect(findInIndex(directory, 'latest')).toEqual({ why: 'there is none' });
    putIntoIndex(directory, descriptor('one'), [{ tag: 'latest' }]);
    putIntoIndex(directory, descriptor('two'), [{ image: 'docker.io/library/app:1' }, { tag: 'other' }]);
    putIntoIndex(directory, descriptor('three'), [{ tag: 'latest' }]);
    const found = (tag: string) => findInIndex(directory, tag);
    expect(found('latest')).toMatchObject({ descriptor: { digest: digestOf('three') } });
    expect(found('1')).toMatchObject({ descriptor: { digest: digestOf('two') } });
    expect(found('docker.io/library/app:1')).toMatchObject({ descriptor: { digest: digestOf('two') } });
    expect(found('none')).toEqual({ why: 'it has nothing under the tag none' });
    expect(JSON.parse(readFileSync(join(directory, 'index.json'), 'utf8')).manifests).toHaveLength(3);
    expect(readdirSync(directory).sort()).toEqual(['index.json', 'oci-layout']);
    writeFileSync(join(directory, 'index.json'), '{');
    expect(found('latest')).toMatchObject({ why: expect.stringContaining('cannot be read') });
  });

  it('is a cache under what its index says, and left out with a word where it is none', () => {
    const request = {
      cacheFrom: [{ type: 'local', attrs: { src: directory } }],
      cacheTo: [{ type: 'local', attrs: { dest: join(root, 'ä b') } }],
      outputs: [{ kind: 'oci', dest: '/layout', isDirectory: true }],
    } as unknown as BuildRequest;
    const without = withLocalCaches(request);
    expect(without.request.cacheFrom).toEqual([]);
    expect(without.told[1]).toMatchObject({ message: `the cache at ${directory} is not used: there is none` });
    recordCaches(
      { ...request, cacheTo: [{ type: 'local', attrs: { dest: directory } }] },
      {
        'cache.manifest': JSON.stringify({ digest: digestOf('c'), size: 1 }),
      },
    );
    const { request: ready, told } = withLocalCaches(request);
    expect(ready.cacheFrom).toEqual([{ type: 'local', attrs: { src: directory, digest: digestOf('c') } }]);
    expect(told).toEqual([]);
    expect([...contentDirectories(request)]).toEqual([
      [`local:${directory}`, directory],
      [`local:${encodeURI(join(root, 'ä b'))}`, join(root, 'ä b')],
      ['export', '/layout'],
    ]);
    expect(request.cacheTo?.map(toldCache)).toEqual([{ type: 'local', attrs: { dest: encodeURI(join(root, 'ä b')) } }]);
    expect(existsSync(join(root, 'ä b'))).toBe(false);
  });
});

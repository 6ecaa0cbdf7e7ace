import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BytesMessageSchema } from '../../../../../src/engine/buildkit/proto/gen/filesync_pb.js';
import { Packet_PacketType, PacketSchema } from '../../../../../src/engine/buildkit/proto/gen/fsutil_pb.js';
import { call, encode, type OpenPair, openPair } from './loopback.js';

describe('outputs of a session', () => {
  let root: string;
  let pair: OpenPair;
  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'bxtui-outputs-'));
    pair = await openPair(root);
  });
  afterEach(async () => {
    await pair.close();
    rmSync(root, { recursive: true, force: true });
  });

  const bytes = (text: string) =>
    toBinary(BytesMessageSchema, create(BytesMessageSchema, { data: new TextEncoder().encode(text) }));
  const exportCall = (metadata = {}) => call(pair.engine, '/moby.filesync.v1.FileSend/DiffCopy', metadata, () => {});

  it('writes a tar under its name when it is complete', async () => {
    const dest = join(root, 'out.tar');
    writeFileSync(dest, 'old');
    const { done } = pair.session.receive({ kind: 'tar', dest });
    const sending = exportCall();
    sending.send(bytes('he'));
    await expect.poll(() => readdirSync(root).some((name) => name.endsWith('.part'))).toBe(true);
    expect(readFileSync(dest, 'utf8')).toBe('old');
    sending.send(bytes('llo'));
    sending.stream.end();
    await done;
    expect((await sending.result).status).toBe('0');
    expect(readFileSync(dest, 'utf8')).toBe('hello');
  });

  it('writes a tar where a symbolic link leads to, with the permissions of what was there', async () => {
    symlinkSync('real.tar', join(root, 'out.tar'));
    for (const mode of [null, 0o600]) {
      const { done } = pair.session.receive({ kind: 'tar', dest: join(root, 'out.tar') });
      const sending = exportCall();
      sending.send(bytes('hello'));
      sending.stream.end();
      await done;
      expect(readFileSync(join(root, 'real.tar'), 'utf8')).toBe('hello');
      expect(readlinkSync(join(root, 'out.tar'))).toBe('real.tar');
      if (mode !== null) expect(statSync(join(root, 'real.tar')).mode & 0o777).toBe(mode);
      chmodSync(join(root, 'real.tar'), 0o600);
    }
  });

  it('fails where the last of it cannot be written', async () => {
    const { done } = pair.session.receive({ kind: 'tar', dest: '/dev/full' });
    const sending = exportCall();
    sending.send(bytes('hello'));
    sending.stream.end();
    await expect(done).rejects.toThrow('cannot write /dev/full: no space left on the device');
    expect((await sending.result).status).not.toBe('0');
  });

  it('waits for a slow disk without leaving anything behind for each wait', async () => {
    const sink = new PassThrough({ highWaterMark: 1 });
    let most = 0;
    let received = 0;
    sink.on('newListener', () => {
      most = Math.max(most, sink.listenerCount('close'), sink.listenerCount('drain'));
    });
    const { done } = pair.session.receive({ kind: 'stream', open: () => sink });
    const sending = exportCall();
    for (let i = 0; i < 50; i++) sending.send(bytes('x'.repeat(20_000)));
    sending.stream.end();
    for await (const chunk of sink) received += (chunk as Buffer).length;
    await done;
    expect(received).toBe(1_000_000);
    expect(most).toBeLessThan(8);
  });

  it('leaves nothing of a tar that is broken off', async () => {
    const { done } = pair.session.receive({ kind: 'tar', dest: join(root, 'out.tar') });
    const sending = exportCall();
    sending.send(bytes('half'));
    await expect.poll(() => readdirSync(root).some((name) => name.endsWith('.part'))).toBe(true);
    pair.engineSocket.destroy();
    await expect(done).rejects.toThrow(/broken off/);
    expect(readdirSync(root).filter((name) => name.includes('out.tar'))).toEqual([]);
  });

  it('says what is in the way of a tar', async () => {
    const { done } = pair.session.receive({ kind: 'docker', dest: root });
    const sending = exportCall();
    await expect(done).rejects.toThrow(/bxtui-outputs-.*: a directory is in its place/);
    expect((await sending.result).message).toMatch(/a directory is in its place/);
  });

  it('sends each exporter to its own output', async () => {
    const first = pair.session.receive({ kind: 'tar', dest: join(root, 'first') }, 0);
    const second = pair.session.receive({ kind: 'tar', dest: join(root, 'second') }, 1);
    for (const [id, text] of [
      ['1', 'two'],
      ['0', 'one'],
    ] as const) {
      const sending = exportCall({ 'buildkit-attachable-exporter-id': id });
      sending.send(bytes(text));
      sending.stream.end();
    }
    await Promise.all([first.done, second.done]);
    expect([readFileSync(join(root, 'first'), 'utf8'), readFileSync(join(root, 'second'), 'utf8')]).toEqual(['one', 'two']);
    expect((await exportCall({ 'buildkit-attachable-exporter-id': '2' }).result).status).toBe('5');
  });

  /** Sends entries as an engine does and answers the requests for content. */
  function sendTree(
    entries: ReadonlyArray<{ path: string; mode: number; linkname?: string; content?: string; modTime?: bigint }>,
  ) {
    const sending = call(pair.engine, '/moby.filesync.v1.FileSend/DiffCopy', {}, (message) => {
      const { type, ID } = fromBinary(PacketSchema, message);
      if (type === Packet_PacketType.PACKET_FIN) {
        sending.send(encode({ type: Packet_PacketType.PACKET_FIN }));
        sending.stream.end();
      } else if (type === Packet_PacketType.PACKET_REQ) {
        const text = entries[ID]!.content ?? '';
        for (const part of text.match(/.{1,3}/gs) ?? [])
          sending.send(encode({ type: Packet_PacketType.PACKET_DATA, ID, data: Buffer.from(part) }));
        sending.send(encode({ type: Packet_PacketType.PACKET_DATA, ID }));
      }
    });
    for (const { content, ...stat } of entries)
      sending.send(encode({ type: Packet_PacketType.PACKET_STAT, stat: { size: BigInt(content?.length ?? 0), ...stat } }));
    sending.send(encode({ type: Packet_PacketType.PACKET_STAT }));
    return sending;
  }
  const DIR = 2 ** 31;

  it('merges a tree into the destination, replacing what has its names', async () => {
    const dest = join(root, 'dest');
    mkdirSync(join(dest, 'dir'), { recursive: true });
    writeFileSync(join(dest, 'dir/kept'), 'kept');
    mkdirSync(join(dest, 'was-dir/x'), { recursive: true });
    const { done } = pair.session.receive({ kind: 'local', dest });
    const sending = sendTree([
      { path: 'dir', mode: DIR + 0o555, modTime: 1_500_000_000_000_000_000n },
      { path: 'dir/file', mode: (1 << 23) + 0o711, content: 'some content', modTime: 1_400_000_000_000_000_000n },
      { path: 'dir/hard', mode: 0o711, linkname: 'dir/file' },
      { path: 'empty', mode: 0o600 },
      { path: 'link', mode: (1 << 27) + 0o777, linkname: '/anywhere' },
      { path: 'was-dir', mode: 0o644, content: 'file now' },
    ]);
    await done;
    expect((await sending.result).status).toBe('0');
    expect(readdirSync(dest)).toEqual(['dir', 'empty', 'link', 'was-dir']);
    expect(readFileSync(join(dest, 'dir/file'), 'utf8')).toBe('some content');
    expect(readFileSync(join(dest, 'dir/kept'), 'utf8')).toBe('kept');
    expect(readFileSync(join(dest, 'was-dir'), 'utf8')).toBe('file now');
    expect(readlinkSync(join(dest, 'link'))).toBe('/anywhere');
    const file = statSync(join(dest, 'dir/file'));
    expect([file.mode & 0o7777, file.mtimeMs, file.nlink]).toEqual([0o4711, 1_400_000_000_000, 2]);
    const dir = statSync(join(dest, 'dir'));
    expect([dir.mode & 0o777, dir.mtimeMs]).toEqual([0o555, 1_500_000_000_000]);
    chmodSync(join(dest, 'dir'), 0o755);
  });

  it.each([
    ['../out', 0o644, ''],
    ['/abs', 0o644, ''],
    ['missing/parent', 0o644, ''],
    ['a/../b', 0o644, ''],
  ])('refuses the path %s and leaves nothing', async (path, mode, linkname) => {
    const dest = join(root, 'dest');
    const { done } = pair.session.receive({ kind: 'local', dest });
    sendTree([{ path, mode, linkname }]);
    await expect(done).rejects.toThrow(/does not belong into the result/);
    expect(existsSync(dest)).toBe(false);
  });

  it('does not write through a symlink of the tree', async () => {
    const { done } = pair.session.receive({ kind: 'local', dest: join(root, 'dest') });
    sendTree([
      { path: 'link', mode: (1 << 27) + 0o777, linkname: root },
      { path: 'link/evil', mode: 0o644, content: 'x' },
    ]);
    await expect(done).rejects.toThrow(/does not belong/);
    expect(existsSync(join(root, 'evil'))).toBe(false);
  });

  it('says that a destination cannot be made', async () => {
    writeFileSync(join(root, 'file'), '');
    for (const dest of [join(root, 'file/below'), '/proc/nowhere/below']) {
      const { done } = pair.session.receive({ kind: 'local', dest });
      sendTree([]);
      await expect(done).rejects.toThrow(/cannot write/);
    }
  });

  it('rejects what is still awaited when it is given up', async () => {
    const receiver = pair.session.receive({ kind: 'tar', dest: join(root, 'x') });
    receiver.dispose();
    receiver.dispose();
    await expect(receiver.done).rejects.toMatchObject({ code: 'cancelled' });
  });
});

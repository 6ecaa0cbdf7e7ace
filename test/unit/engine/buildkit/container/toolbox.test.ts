import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readElf } from '../../../../../src/engine/buildkit/container/elf.js';
import { findToolbox, toolboxDefinition } from '../../../../../src/engine/buildkit/container/toolbox.js';
import { digestOf } from '../../../../../src/engine/buildkit/graph.js';
import { OpSchema } from '../../../../../src/engine/buildkit/proto/gen/pb_pb.js';

/** A header and its program headers (System V ABI, chapters 4 and 5), 64 bit unless told. */
function elf(machine: number, types: readonly number[], options: { bits?: 32 | 64; isBig?: boolean } = {}): Buffer {
  const is64 = options.bits !== 32;
  const head = Buffer.alloc(512);
  const u16 = (value: number, at: number) => (options.isBig ? head.writeUInt16BE(value, at) : head.writeUInt16LE(value, at));
  const u32 = (value: number, at: number) => (options.isBig ? head.writeUInt32BE(value, at) : head.writeUInt32LE(value, at));
  head.write('\x7fELF', 0, 'latin1');
  head[4] = is64 ? 2 : 1;
  head[5] = options.isBig ? 2 : 1;
  u16(machine, 18);
  const [table, size] = is64 ? [64, 56] : [52, 32];
  if (is64 && options.isBig) head.writeBigUInt64BE(BigInt(table), 32);
  else if (is64) head.writeBigUInt64LE(BigInt(table), 32);
  else u32(table, 28);
  u16(size, is64 ? 54 : 42);
  u16(types.length, is64 ? 56 : 44);
  for (const [index, type] of types.entries()) u32(type, table + index * size);
  return head;
}
const [PT_LOAD, PT_INTERP] = [1, 3];

describe('an ELF header', () => {
  it('tells architecture and whether a loader is needed', () => {
    expect(readElf(elf(62, [PT_LOAD]))).toEqual({ architecture: 'amd64', isStatic: true });
    expect(readElf(elf(183, [PT_LOAD, PT_INTERP]))).toEqual({ architecture: 'arm64', isStatic: false });
    expect(readElf(elf(3, [PT_LOAD], { bits: 32 }))).toEqual({ architecture: '386', isStatic: true });
    expect(readElf(elf(22, [PT_LOAD], { isBig: true }))).toEqual({ architecture: 's390x', isStatic: true });
    expect(readElf(elf(21, [PT_LOAD]))?.architecture).toBe('ppc64le');
    expect(readElf(elf(8, [PT_LOAD]))?.architecture).toBe('mips64le');
  });

  it('is not seen in what is none, or cut off', () => {
    expect(readElf(Buffer.from('#!/bin/sh\n'.repeat(20)))).toBeNull();
    expect(readElf(elf(62, [PT_LOAD]).subarray(0, 60))).toBeNull();
    expect(readElf(elf(62, [PT_LOAD]).subarray(0, 64))).toBeNull();
    expect(readElf(elf(9999, [PT_LOAD]))).toBeNull();
  });
});

describe('the toolbox', () => {
  let dir = '';
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'bxtui-toolbox-'));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));
  const at = (name: string, content: Uint8Array): NodeJS.ProcessEnv => {
    writeFileSync(join(dir, name), content);
    return { BXTUI_TOOLBOX: join(dir, name) };
  };

  it('is the program that was named, when it can run there', async () => {
    const env = at('good', elf(62, [PT_LOAD]));
    expect(await findToolbox('linux/amd64', env)).toMatchObject({ path: env.BXTUI_TOOLBOX, content: expect.any(Buffer) });
  });

  it('is refused with the reason', async () => {
    const cases: [NodeJS.ProcessEnv, RegExp][] = [
      [at('script', Buffer.from('#!/bin/sh\n'.repeat(20))), /is no program for Linux/],
      [at('dynamic', elf(62, [PT_LOAD, PT_INTERP])), /is not static/],
      [at('arm', elf(183, [PT_LOAD])), /is for arm64, the engine runs amd64/],
      [at('huge', Buffer.concat([elf(62, [PT_LOAD]), Buffer.alloc(4 << 20)])), /3\.9 MiB/],
      [{ BXTUI_TOOLBOX: join(dir, 'missing') }, /BXTUI_TOOLBOX=.*missing cannot be read/],
    ];
    for (const [env, reason] of cases)
      expect(await findToolbox('linux/amd64', env)).toEqual({ missing: expect.stringMatching(reason) });
  });

  it('travels as a graph of one file', () => {
    const content = Buffer.from('program');
    const { def, metadata } = toolboxDefinition(content, 'linux/arm/v7');
    const [file, terminal] = def.map((raw) => fromBinary(OpSchema, raw));
    expect(terminal?.inputs).toEqual([expect.objectContaining({ digest: digestOf(def[0]!), index: 0n })]);
    expect(file?.platform).toMatchObject({ OS: 'linux', Architecture: 'arm', Variant: 'v7' });
    expect(file?.op).toMatchObject({
      case: 'file',
      value: { actions: [{ action: { value: { path: '/busybox', mode: 0o755 } } }] },
    });
    expect(Object.keys(metadata)).toEqual(def.map(digestOf));
  });
});

import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { archiveKind } from '../../../../src/engine/shared/files/archive-kind.js';

describe('archiveKind', () => {
  it.each([
    ['tar', 'cat'],
    ['gzip', 'gzip -c'],
  ])('knows %s', (kind, packer) => {
    const packed = execFileSync('sh', ['-c', `tar -cf - /etc/hostname 2>/dev/null | ${packer}`]);
    expect(archiveKind(packed.subarray(0, 1024))).toBe(kind);
  });

  // What packs these is not on every machine.
  it.each([
    ['bzip2', Buffer.from('BZh91AY&SY')],
    ['xz', Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 4])],
    ['zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 4])],
  ])('knows %s by its first bytes', (kind, bytes) => {
    expect(archiveKind(bytes)).toBe(kind);
  });

  it('takes text, nothing, and zeros for no archive', () => {
    expect(archiveKind(Buffer.from('FROM scratch\n'.repeat(100)))).toBeNull();
    expect(archiveKind(Buffer.alloc(0))).toBeNull();
    expect(archiveKind(Buffer.alloc(1024))).toBeNull();
  });

  it('takes a tar with a damaged header for none', () => {
    const tar = Buffer.from(execFileSync('sh', ['-c', 'tar -cf - /etc/hostname 2>/dev/null']));
    tar[0] = (tar[0]! + 1) & 0xff;
    expect(archiveKind(tar)).toBeNull();
  });
});

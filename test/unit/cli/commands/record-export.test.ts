import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runRecord } from '../../../../src/cli/commands/record.js';
import { packRecord } from '../../../../src/session/recording/export-record.js';
import { readRecord } from '../../../../src/session/recording/read-record.js';
import { SAMPLE_HEADER, sampleEntries } from '../../session/recording/sample.js';

const disk = vi.hoisted(() => ({ isFull: false }));
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  const writeFile: typeof real.writeFile = async (file, data, options) => {
    if (!disk.isFull) return real.writeFile(file, data, options);
    await real.writeFile(file, 'the beginning', options);
    throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
  };
  return { ...real, writeFile };
});

let dir = '';
let source = '';
beforeEach(() => {
  disk.isFull = false;
  dir = mkdtempSync(join(tmpdir(), 'bxtui-export-'));
  source = join(dir, 'source.bxrec');
  const record = { header: SAMPLE_HEADER, entries: sampleEntries(), breaks: [], isEnded: true };
  writeFileSync(source, packRecord(record, { isRedacted: false }));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('bxtui record export', () => {
  it('writes a file that nobody else can read, also over one that others could', async () => {
    const target = join(dir, 'target');
    writeFileSync(target, 'old', { mode: 0o644 });
    symlinkSync('target', join(dir, 'link'));
    await runRecord(['export', '--no-redact', source, '-o', join(dir, 'link')]);
    expect(lstatSync(target).mode & 0o777).toBe(0o600);
    expect((await readRecord(target)).isEnded).toBe(true);
    await runRecord(['export', source, '-o', '/dev/null']);
  });

  it('leaves what was there on a full disk', async () => {
    const target = join(dir, 'target');
    writeFileSync(target, 'old');
    disk.isFull = true;
    await expect(runRecord(['export', source, '-o', target])).rejects.toThrow(
      `cannot write the file ${target}: no space left on the device`,
    );
    expect(readFileSync(target, 'utf8')).toBe('old');
    expect(readdirSync(dir).toSorted()).toEqual(['source.bxrec', 'target']);
  });
});

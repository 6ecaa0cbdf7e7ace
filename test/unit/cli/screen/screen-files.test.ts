/** Files of the screen: private while they are edited, never replaced unasked. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createScreenFiles } from '../../../../src/cli/screen/screen-files.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'screen-files-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

test('a text that is edited is readable by nobody else and gone afterwards, also when the editor fails', async () => {
  let seen = '';
  const files = createScreenFiles((file, line) => {
    seen = file;
    expect(line).toBe(4);
    expect(readFileSync(file, 'utf8')).toBe('secret\n');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(file)).mode & 0o777).toBe(0o700);
    return Promise.reject(new Error('no such editor'));
  });
  await expect(
    files.edit({ kind: 'text', name: 'step-9.log', text: 'secret\n' }, 4, new AbortController().signal),
  ).rejects.toThrow('no such editor');
  expect(seen).toMatch(/step-9\.log$/);
  expect(existsSync(dirname(seen))).toBe(false);
});

test('a file that is there is kept until replacing it was said', async () => {
  const files = createScreenFiles();
  const path = join(directory, 'out.log');
  const spilled = join(directory, 'spilled');
  writeFileSync(spilled, 'all of it');
  expect(await files.write(path, { kind: 'text', name: 'x', text: 'one' }, false)).toEqual({ path, isThere: false });
  expect(await files.write(path, { kind: 'file', path: spilled }, false)).toEqual({ path, isThere: true });
  expect(readFileSync(path, 'utf8')).toBe('one');
  await files.write(path, { kind: 'file', path: spilled }, true);
  expect(readFileSync(path, 'utf8')).toBe('all of it');
});

test('a place that cannot be written says which and what to do', async () => {
  const wish = createScreenFiles().write(join(directory, 'no/such/place'), { kind: 'text', name: 'x', text: 'one' }, false);
  await expect(wish).rejects.toMatchObject({ code: 'input', hint: 'Choose another name with W.' });
  await expect(wish).rejects.toThrow(/cannot write .*no\/such\/place/);
});

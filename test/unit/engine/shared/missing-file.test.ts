import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hintForMissing } from '../../../../src/engine/shared/missing-file.js';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'missing-file-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function write(path: string, text = ''): void {
  mkdirSync(dirname(join(dir, path)), { recursive: true });
  writeFileSync(join(dir, path), text);
}

const hint = (path: string, dockerfile = { dir, name: 'Dockerfile' }) => hintForMissing(path, { contextDir: dir, dockerfile });

describe('a file that a COPY does not find', () => {
  it('is there, and the line of the ignore file is named that leaves it out', () => {
    write('dist/app.js');
    write('.dockerignore', '# built\nnode_modules\n\n/dist\n');
    expect(hint('/dist/app.js')).toBe(
      'It is there, and line 4 of .dockerignore (dist) leaves it out: take the line out, or add !dist/app.js below it.',
    );
  });

  it('may be left out by the ignore file of its Dockerfile, which counts alone', () => {
    write('app.js');
    write('.dockerignore', 'app.js\n');
    write('docker/Dockerfile.dockerignore', '*\n!*.ts\n');
    expect(hint('/app.js', { dir: join(dir, 'docker'), name: 'Dockerfile' })).toContain('line 1 of Dockerfile.dockerignore (*)');
  });

  it('is not said to be left out where it is not', () => {
    write('app.js');
    write('.dockerignore', '*\n!app.js\n');
    expect(hint('/app.js')).toBeNull();
  });

  it.each([
    ['/src/app.js', 'Src/App.js'],
    ['/srcs/app.js', 'src/app.js'],
    ['/src/ap.js', 'src/app.js'],
  ])('%s is spelt otherwise', (path, there) => {
    write(there);
    expect(hint(path)).toContain(`There is "${there}"`);
  });

  it('is somewhere else', () => {
    write('node_modules/x/package.json');
    write('frontend/package.json');
    write('frontend/deep/package.json');
    expect(hint('/package.json')).toContain('There is "frontend/package.json"');
  });

  it('is nowhere, or cannot be looked for', () => {
    write('README');
    symlinkSync('nowhere', join(dir, 'link'));
    expect(hint('/completely-different.tar')).toBeNull();
    expect(hint('/README/inside')).toBeNull();
    expect(hint('/*.jar')).toBeNull();
    expect(hint('/../x')).toBeNull();
    expect(hintForMissing('/x', { contextDir: null, dockerfile: { dir: null, name: 'Dockerfile' } })).toBeNull();
    expect(hintForMissing('/x', { contextDir: join(dir, 'gone'), dockerfile: { dir, name: 'Dockerfile' } })).toBeNull();
  });
});

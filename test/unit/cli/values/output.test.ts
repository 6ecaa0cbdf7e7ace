/** What `--output`, `--load` and `--push` mean together, and how each malformed value is told. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isPushed, parseOutputs, writesToStdout } from '../../../../src/cli/values/output.js';

const read = (values: readonly string[], wish = {}, cwd = '/w') =>
  parseOutputs(values, { load: false, push: false, tags: [], ...wish }, cwd);

describe('outputs', () => {
  it.each([
    [['out'], [{ kind: 'local', dest: '/w/out' }]],
    [['./a=b'], [{ kind: 'local', dest: '/w/a=b' }]],
    [['-'], [{ kind: 'tar', dest: '-' }]],
    [[''], []],
    [['type=local,dest=/a'], [{ kind: 'local', dest: '/a' }]],
    [['type=local,dest=/a,platform-split=false'], [{ kind: 'local', dest: '/a', attrs: { 'platform-split': 'false' } }]],
    [['type=tar'], [{ kind: 'tar', dest: '-' }]],
    [['type=tar,dest=a.tar'], [{ kind: 'tar', dest: '/w/a.tar' }]],
    [['type=oci'], [{ kind: 'oci', dest: '-' }]],
    [['type=oci,dest=-'], [{ kind: 'oci', dest: '-' }]],
    [['type=oci,dest=layout,tar=false'], [{ kind: 'oci', dest: '/w/layout', isDirectory: true }]],
    [['type=oci,dest=a,tar=true'], [{ kind: 'oci', dest: '/w/a' }]],
    [['type=docker'], [{ kind: 'store' }]],
    [['type=docker,dest=i.tar'], [{ kind: 'docker', dest: '/w/i.tar' }]],
    [['type=image,name=a/b'], [{ kind: 'image', attrs: { name: 'a/b' } }]],
    [['type=registry,name=r.example/b'], [{ kind: 'image', attrs: { name: 'r.example/b', push: 'true' } }]],
    [['type=cacheonly'], [{ kind: 'cacheonly' }]],
    [['"type=local","dest=a,b"'], [{ kind: 'local', dest: '/w/a,b' }]],
    [['type=image,"name=a/b,c/d"'], [{ kind: 'image', attrs: { name: 'a/b,c/d' } }]],
    [['TYPE=tar, Dest=a'], [{ kind: 'tar', dest: '/w/a' }]],
    [
      ['type=image,unpack=,store=1,compression=zstd,compression-level=19'],
      [{ kind: 'image', attrs: { unpack: 'true', store: 'true', compression: 'zstd', 'compression-level': '19' } }],
    ],
    [
      ['type=oci,annotation-manifest[linux/amd64].k=v'],
      [{ kind: 'oci', dest: '-', attrs: { 'annotation-manifest[linux/amd64].k': 'v' } }],
    ],
    [
      ['out', 'type=oci,dest=i.tar', '-'],
      [
        { kind: 'local', dest: '/w/out' },
        { kind: 'oci', dest: '/w/i.tar' },
        { kind: 'tar', dest: '-' },
      ],
    ],
  ])('are read: %j', (values, expected) => {
    expect(read(values)).toEqual(expected);
  });

  it('have the image store with --load, once', () => {
    expect(read([], { load: true })).toEqual([{ kind: 'store' }]);
    expect(read(['type=docker'], { load: true })).toEqual([{ kind: 'store' }]);
    expect(read(['type=docker,dest=a'], { load: true })).toEqual([{ kind: 'docker', dest: '/w/a' }, { kind: 'store' }]);
  });

  it('are pushed with --push: each image, or one that is made for it', () => {
    const wish = { push: true, tags: ['r.example/a'] };
    expect(read([], wish)).toEqual([{ kind: 'image', attrs: { push: 'true' } }]);
    expect(read(['out'], wish)).toEqual([
      { kind: 'local', dest: '/w/out' },
      { kind: 'image', attrs: { push: 'true' } },
    ]);
    expect(read(['type=image,unpack=true,push=false'], wish)).toEqual([
      { kind: 'image', attrs: { unpack: 'true', push: 'true' } },
    ]);
    expect(read(['type=registry'], wish)).toEqual([{ kind: 'image', attrs: { push: 'true' } }]);
    expect(read(['type=image,push=false'], { tags: ['a'] }).some(isPushed)).toBe(false);
  });

  it('go to standard output as archives only', () => {
    expect(read(['-']).some(writesToStdout)).toBe(true);
    expect(read(['type=docker', 'out', 'type=image', 'type=cacheonly']).some(writesToStdout)).toBe(false);
  });

  it.each([
    [['type=local'], 'needs dest=DIR'],
    [['type=oci,tar=false'], 'type=oci needs dest=DIR'],
    [['type=oci,tar=false,dest=a', 'type=docker,tar=false,dest=b'], 'only one --output can be an image in a directory'],
    [['type=local,dest=-'], 'cannot go to standard output'],
    [['type=ocl,dest=x'], 'unknown type "ocl"', 'Did you mean oci?'],
    [['type=,dest=x'], 'type is required'],
    [['dest=x'], 'type is required', 'local, tar, oci'],
    [['type=docker,nme=x'], 'unknown attribute "nme"', 'Did you mean name?'],
    [['type=local,dest=x,push=true'], 'unknown attribute "push"', 'type=local takes platform-split'],
    [['type=cacheonly,name=x'], 'unknown attribute "name"', 'takes none'],
    [['type=image,annotation-foo.k=v'], 'unknown attribute "annotation-foo.k"', 'annotation.KEY'],
    [['type=image,compression=lzma'], 'compression is "lzma", and must be uncompressed, gzip, estargz or zstd'],
    [['type=image,compression=gzip,compression-level=11'], 'must be a number from 0 to 9'],
    [['type=image,compression=zstd,compression-level=23'], 'must be a number from 0 to 22'],
    [['type=image,compression-level=high'], 'must be a whole number'],
    [['type=image,push=maybe'], 'push is "maybe", and must be true or false', 'push=true'],
    [['type=image,push=true'], 'an image that is pushed needs a name', '-t registry.example.com'],
    [['-', 'type=docker,dest=-'], 'only one --output'],
    [['type=tar,dest=a', 'type=oci,dest=./a'], 'two --output write to the same file: /w/a'],
    [['type=tar,"dest=a'], 'a quote that is not closed'],
    [['type=tar,dest'], 'invalid field "dest"'],
  ] as ReadonlyArray<[string[], string, string?]>)('are refused: %j', (values, message, hint = '') => {
    const refused = (): unknown => read(values);
    expect(refused).toThrow(message);
    if (hint !== '') expect(refused).toThrow(expect.objectContaining({ hint: expect.stringContaining(hint) }));
  });

  describe('that would be written over something else', () => {
    let dir = '';
    beforeAll(() => {
      dir = mkdtempSync(join(tmpdir(), 'bxtui-outputs-'));
      mkdirSync(join(dir, 'directory'));
      writeFileSync(join(dir, 'file'), '');
    });
    afterAll(() => rmSync(dir, { recursive: true, force: true }));

    it.each([
      ['file', 'is a file, where a directory is needed'],
      ['type=local,dest=file', 'is a file, where a directory is needed'],
      ['type=tar,dest=directory', 'is a directory, where a file is needed'],
      ['type=oci,dest=directory/', 'is a directory, where a file is needed'],
    ])('are refused: %s', (value, message) => {
      expect(() => read([value], {}, dir)).toThrow(message);
    });

    it('are taken where it is of their kind', () => {
      expect(read(['directory', 'type=tar,dest=file'], {}, dir)).toHaveLength(2);
    });
  });
});

/** Cases of copying files into a result. Each is small and says one thing; `BASE` has a shell. */
import type { ParityCase } from '../case.js';
import { fromScratch, MODES, PASSWD, TREE } from './common.js';

export const copy: readonly ParityCase[] = [
  { name: 'one file', dockerfile: fromScratch('COPY a.txt /'), files: TREE },
  { name: 'all of it', dockerfile: fromScratch('COPY . /all/'), files: TREE },
  { name: 'a directory gives what is in it', dockerfile: fromScratch('COPY dir /d'), files: TREE },
  { name: 'several into one', dockerfile: fromScratch('COPY a.txt b.md dir/one.txt /x/'), files: TREE },
  { name: 'wildcards', dockerfile: fromScratch('COPY *.txt dir/*.md /w/'), files: TREE },
  { name: 'a wildcard of directories', dockerfile: fromScratch('COPY di? /w/'), files: TREE },
  { name: 'blanks in names', dockerfile: fromScratch('COPY ["with blank", "to here"]'), files: { 'with blank': 'x' } },
  {
    name: 'names of all scripts',
    dockerfile: fromScratch('COPY . /'),
    files: { 'привет/мир.txt': 'x', 日本: 'y', 'e\u0301': 'z' },
  },
  { name: 'modes', dockerfile: fromScratch('COPY . /'), files: MODES },
  { name: '--chmod', dockerfile: fromScratch('COPY --chmod=0750 . /'), files: TREE },
  { name: '--chown by number', dockerfile: fromScratch('COPY --chown=12:34 . /'), files: TREE },
  {
    name: '--chown by name',
    dockerfile: fromScratch('COPY passwd group /etc/', 'COPY --chown=me:us a.txt /x', 'COPY --chown=me a.txt /y'),
    files: { ...TREE, ...PASSWD },
  },
  { name: 'owners are left behind', dockerfile: fromScratch('COPY . /'), files: { x: { text: 'x', owner: [33, 44] } } },
  { name: '--link', dockerfile: fromScratch('COPY --link a.txt /l/', 'COPY --link dir /l/'), files: TREE },
  {
    name: '--link with owners',
    dockerfile: fromScratch('COPY --link --chmod=711 --chown=5:6 dir /l/'),
    files: TREE,
  },
  {
    name: 'symbolic links',
    dockerfile: fromScratch('COPY . /'),
    files: { real: 'r', 'to-real': { link: 'real' }, up: { link: '../nowhere' }, 'to-dir': { link: 'd' }, 'd/x': 'x' },
  },
  {
    name: 'a symbolic link by its name',
    dockerfile: fromScratch('COPY to-real /x', 'COPY to-dir /y'),
    files: { real: 'r', 'to-real': { link: 'real' }, 'to-dir': { link: 'd' }, 'd/x': 'x' },
  },
  {
    name: 'hard links',
    dockerfile: fromScratch('COPY . /'),
    files: { first: 'same', second: { hardLink: 'first' }, 'd/third': { hardLink: 'first' } },
  },
  {
    name: 'extended attributes',
    dockerfile: fromScratch('COPY . /'),
    files: { x: { text: 'x', xattrs: { 'user.note': 'hello', 'user.bytes': '\u0001\u0002' } } },
  },
  {
    name: 'times',
    dockerfile: fromScratch('COPY . /'),
    files: { old: { text: 'o', mtime: 1 }, precise: { text: 'p', mtime: 1_600_000_000.25 } },
  },
  { name: 'nothing in it', dockerfile: fromScratch('COPY . /'), files: { nothing: '', none: { dir: true } } },
  {
    name: 'over what is there',
    dockerfile: fromScratch('COPY a.txt /x', 'COPY b.md /x', 'COPY dir /', 'COPY a.txt /sub/three.txt'),
    files: TREE,
  },
  { name: 'a large file', dockerfile: fromScratch('COPY big /'), files: { big: 'x'.repeat(3_000_000) } },
  {
    name: 'many files',
    dockerfile: fromScratch('COPY many /m'),
    files: Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`many/${i % 7}/f${i}`, `${i}`])),
  },
  {
    name: 'what is not there',
    dockerfile: fromScratch('COPY nowhere.txt /'),
    files: TREE,
    compared: 'failure',
    says: /"\/nowhere\.txt": not found/,
  },
  {
    name: 'several into what is written without a slash',
    dockerfile: fromScratch('COPY a.txt b.md /x'),
    files: TREE,
  },
  {
    name: 'out of the context',
    dockerfile: fromScratch('COPY ../../etc/nothing /'),
    compared: 'failure',
    says: /"\/etc\/nothing": not found/,
  },
];

export const add: readonly ParityCase[] = [
  { name: 'a file', dockerfile: fromScratch('ADD a.txt /x/'), files: TREE },
  {
    name: 'an archive is unpacked',
    dockerfile: fromScratch('ADD it.tar /x/'),
    files: { 'it.tar': { tar: { 'in/a': 'a', b: 'b' } } },
  },
  {
    name: 'COPY leaves an archive as it is',
    dockerfile: fromScratch('COPY it.tar /x/'),
    files: { 'it.tar': { tar: { a: 'a' } } },
  },
  { name: 'what only is called an archive', dockerfile: fromScratch('ADD it.tar /x/'), files: { 'it.tar': 'no archive' } },
  { name: '--chmod', dockerfile: fromScratch('ADD --chmod=600 a.txt dir /x/'), files: TREE },
  { name: '--chown', dockerfile: fromScratch('ADD --chown=7 a.txt /x/'), files: TREE },
  { name: '--link', dockerfile: fromScratch('ADD --link dir /x/'), files: TREE },
  {
    name: 'what cannot be had',
    dockerfile: fromScratch('ADD http://127.0.0.1:9/x /'),
    compared: 'failure',
    says: /127\.0\.0\.1:9/,
  },
];

const ignoring = (name: string, ignore: string, files: ParityCase['files'] = TREE): ParityCase => ({
  name,
  dockerfile: fromScratch('COPY . /'),
  files: { ...files, '.dockerignore': ignore },
});

export const ignoreFiles: readonly ParityCase[] = [
  ignoring('a name', 'a.txt\n'),
  ignoring('a directory', 'dir\n'),
  ignoring('wildcards', '*.md\n'),
  ignoring('wildcards of any depth', '**/*.md\n'),
  ignoring('everything but', '*\n!a.txt\n'),
  ignoring('everything but what is deep', '*\n!dir/sub\n'),
  ignoring('an exception in an ignored directory', 'dir\n!dir/sub/three.txt\n'),
  ignoring('an exception and its exception', '**\n!dir\ndir/two.md\n'),
  ignoring('comments, blanks and slashes', '# a.txt\n\n  b.md  \n/dir/\n'),
  ignoring('dots in paths', './a.txt\ndir/../b.md\n'),
  ignoring('classes of characters', '[ab].*\ndir/[!o]*\n'),
  ignoring('a question mark', '?.txt\ndir/su?\n'),
  ignoring('an escaped sign', '\\!odd\na\\.txt\n', { ...TREE, '!odd': 'x' }),
  ignoring('the line ends of Windows', 'a.txt\r\ndir\r\n'),
  ignoring('a byte order mark', '\ufeffa.txt\n'),
  ignoring('itself', '.dockerignore\nDockerfile\n'),
  ignoring('nothing', ''),
  ignoring('a symbolic link', 'to-dir\n', { 'd/x': 'x', 'to-dir': { link: 'd' } }),
  {
    name: 'the one beside the Dockerfile first',
    dockerfile: fromScratch('COPY . /'),
    files: { ...TREE, '.dockerignore': 'a.txt\n', 'Dockerfile.dockerignore': 'b.md\n' },
  },
  {
    name: 'a file that is copied is ignored',
    dockerfile: fromScratch('COPY a.txt /'),
    files: { ...TREE, '.dockerignore': 'a.txt\n' },
    compared: 'failure',
    says: /"\/a\.txt": not found/,
  },
];

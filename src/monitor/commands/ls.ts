/** `ls`: a directory in a step's files, without a shell in it. */
import type { FileEntry, FileKind } from '../../core/model/index.js';
import { BxError } from '../../platform/errors.js';
import { type MonitorCommand, usageError } from '../command.js';
import { askFiles, completeStep, headOf, readMeant } from '../files-question.js';
import { shownPath } from '../shown-path.js';
import { renderTable } from '../table.js';

export const ls: MonitorCommand = {
  name: 'ls',
  isQuestion: true,
  usage: 'ls [STEP] [--init] [PATH]',
  summary: "lists a directory in a step's files, as the build has them and not its shells",
  details: [
    'STEP as for rollback. PATH counts from the root of the step, and is that when it is not given. With --init the state before the ' +
      'step. Nothing is started for it: it works where there is no shell. A step that has not run yet is built first. -- ends the flags.',
  ],
  async run(context, args) {
    // What a hand types by itself: everything is told, and in full.
    const meant = readMeant(
      context,
      ls,
      args.filter((word) => !/^-[la]+$/.test(word)),
    );
    if (meant.paths.length > 1) throw usageError(ls, 'ls takes one path');
    const path = meant.paths[0] ?? '/';
    try {
      const answer = await askFiles(context, meant, { kind: 'list', path });
      const more = answer.omitted === 0 ? [] : [`… and ${answer.omitted} more`];
      const rows = answer.entries.length === 0 ? ['it is empty'] : [table(answer.entries)];
      return [...headOf(meant, answer), ...rows, ...more].join('\n');
    } catch (error) {
      // What is no directory is told as ls does.
      if (!(error instanceof BxError && error.code === 'input')) throw error;
      const answer = await askFiles(context, meant, { kind: 'stat', path });
      return [...headOf(meant, answer), table([answer.entry])].join('\n');
    }
  },
  complete: (deps, words) => completeStep(deps, words, ['--init']),
};

const LETTERS: Readonly<Record<FileKind, string>> = {
  ...{ file: '-', dir: 'd', symlink: 'l', device: 'b', fifo: 'p', socket: 's' },
};

function table(entries: readonly FileEntry[]): string {
  return renderTable(
    ['MODE', 'OWNER', 'SIZE', 'MODIFIED', 'NAME'],
    entries.map((entry) => [
      LETTERS[entry.kind] + permissions(entry.permissions),
      `${entry.uid}:${entry.gid}`,
      entry.kind === 'file' ? String(entry.sizeBytes) : '',
      new Date(entry.mtimeMs).toISOString().slice(0, 19).replace('T', ' '),
      shownPath(entry.name) + (entry.linkTarget === null ? '' : ` -> ${shownPath(entry.linkTarget)}`),
    ]),
  );
}

/** `rwxr-xr-x`, as ls writes it. */
function permissions(mode: number): string {
  const letters = [...'rwxrwxrwx'].map((letter, index) => (mode & (0o400 >> index) ? letter : '-'));
  for (const [bit, at, letter] of [
    [0o4000, 2, 's'],
    [0o2000, 5, 's'],
    [0o1000, 8, 't'],
  ] as const)
    if (mode & bit) letters[at] = letters[at] === 'x' ? letter : letter.toUpperCase();
  return letters.join('');
}

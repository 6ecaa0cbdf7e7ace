/** `changes`: what a step has done to the files of the one before. */
import type { FileChange } from '../../core/model/index.js';
import { type MonitorCommand, usageError } from '../command.js';
import { askFiles, completeStep, headOf, readMeant } from '../files-question.js';
import { shownPath } from '../shown-path.js';

export const changes: MonitorCommand = {
  name: 'changes',
  isQuestion: true,
  usage: 'changes [STEP]',
  summary: 'the paths that a step has added (A), changed (C) and deleted (D)',
  details: [
    'STEP as for rollback; of a failed RUN it is what it has left behind, where the engine can tell. A file counts as changed when its ' +
      'content, time, mode or owner is another. Of a deleted directory only itself is told.',
  ],
  async run(context, args) {
    const meant = readMeant(context, changes, args);
    if (meant.paths.length > 0) throw usageError(changes, `there is no step ${meant.paths[0]}`);
    const answer = await askFiles(context, meant, { kind: 'changes' });
    const count = answer.changes.length + answer.omitted;
    const lines = answer.changes.map(({ kind, path }) => `${LETTERS[kind]} ${shownPath(path)}`);
    const more = answer.omitted === 0 ? [] : [`… and ${answer.omitted} more`];
    return [...headOf(meant, answer), ...(count === 0 ? ['it has changed no files'] : lines), ...more].join('\n');
  },
  complete: (deps, words) => completeStep(deps, words, []),
};

const LETTERS: Readonly<Record<FileChange['kind'], string>> = { added: 'A', changed: 'C', deleted: 'D' };

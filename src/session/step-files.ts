/**
 * Questions about the files of steps, answered in bounds that a socket and a front end can take. What was looked into last stays open on the
 * engine for a while: who lists a directory reads a file of it next.
 */
import type { FileChange, FileEntry, Moment, StepKey } from '../core/model/index.js';
import type { BuildRun, StepFiles } from '../engine/engine.js';
import { BxError } from '../platform/errors.js';

export type FilesQuestion =
  /** The entry itself, also of a symlink. Paths count from the root of the step's filesystem. */
  | { readonly kind: 'stat'; readonly path: string }
  | { readonly kind: 'list'; readonly path: string }
  /** At most `READ_LIMIT_BYTES`. */
  | { readonly kind: 'read'; readonly path: string; readonly offset: number; readonly length: number }
  /** Of the step against the one before; `moment` has no meaning. */
  | { readonly kind: 'changes' };

export type FilesAnswer = {
  /** What was looked into; `note` says why it is not what was asked for. */
  readonly moment: Moment;
  readonly note: string | null;
} & (
  | { readonly kind: 'stat'; readonly entry: FileEntry }
  /** `omitted`: so many more are not told. */
  | { readonly kind: 'list'; readonly entries: readonly FileEntry[]; readonly omitted: number }
  /** `isEnd`: the file ends behind these bytes. */
  | { readonly kind: 'read'; readonly base64: string; readonly isEnd: boolean }
  | { readonly kind: 'changes'; readonly changes: readonly FileChange[]; readonly omitted: number }
);

export interface FilesWish {
  readonly generation: number;
  readonly step: StepKey;
  /** What the step is in now: another state may have other files. */
  readonly state: string;
  readonly moment: Moment | 'auto';
}

export interface StepReader {
  /** Throws `BxError`. */
  answer(run: BuildRun, wish: FilesWish, question: FilesQuestion, signal: AbortSignal): Promise<FilesAnswer>;
  /** Gives back what is open. */
  drop(): Promise<void>;
}

export const READ_LIMIT_BYTES = 1 << 20;
export const LIST_LIMIT = 20_000;
const KEPT_MS = 30_000;

interface Opened {
  readonly key: string;
  readonly files: Promise<StepFiles>;
  /** Questions that are on their way. */
  asking: number;
}

export function createStepReader(): StepReader {
  let kept: Opened | null = null;
  let timer: NodeJS.Timeout | undefined;

  const giveBack = async (opened: Opened): Promise<void> => {
    if (opened.asking > 0 || kept === opened) return;
    await opened.files.then((files) => files.release()).catch(() => undefined);
  };
  const drop = async (): Promise<void> => {
    const last = kept;
    kept = null;
    clearTimeout(timer);
    if (last !== null) await giveBack(last);
  };
  const open = (run: BuildRun, { generation, step, state, moment }: FilesWish, signal: AbortSignal): Opened => {
    const key = JSON.stringify([generation, step, state, moment]);
    if (kept?.key === key) return kept;
    void drop();
    const opened = { key, files: run.openFiles({ step, moment }, signal), asking: 0 };
    kept = opened;
    opened.files.catch(() => {
      if (kept === opened) kept = null;
    });
    return opened;
  };

  return {
    drop,
    async answer(run, wish, question, signal) {
      if (question.kind === 'changes') {
        const { moment, changes } = await run.changes(wish.step, signal);
        const { told, omitted } = first(changes);
        return { kind: 'changes', moment, note: null, changes: told, omitted };
      }
      const opened = open(run, wish, signal);
      opened.asking++;
      clearTimeout(timer);
      try {
        const files = await opened.files;
        return { moment: files.moment, note: files.note, ...(await ask(files, question, signal)) };
      } finally {
        opened.asking--;
        void giveBack(opened);
        clearTimeout(timer);
        if (kept !== null && kept.asking === 0) timer = setTimeout(() => void drop(), KEPT_MS).unref();
      }
    },
  };
}

type Bare<T> = T extends unknown ? Omit<T, 'moment' | 'note'> : never;

async function ask(
  files: StepFiles,
  question: Exclude<FilesQuestion, { kind: 'changes' }>,
  signal: AbortSignal,
): Promise<Bare<FilesAnswer>> {
  switch (question.kind) {
    case 'stat':
      return { kind: 'stat', entry: await files.stat(question.path, signal) };
    case 'list': {
      const { told, omitted } = first(await files.list(question.path, signal));
      return { kind: 'list', entries: told, omitted };
    }
    case 'read': {
      const { path, offset, length } = question;
      if (!isCount(offset) || !isCount(length)) throw new BxError('input', 'an offset and a length are whole numbers from 0 on');
      const wanted = Math.min(length, READ_LIMIT_BYTES);
      const chunks: Uint8Array[] = [];
      // One more, to know whether it ends there.
      for await (const chunk of files.read(path, { offset, length: wanted + 1 }, signal)) chunks.push(chunk);
      const bytes = Buffer.concat(chunks);
      return { kind: 'read', base64: bytes.subarray(0, wanted).toString('base64'), isEnd: bytes.length <= wanted };
    }
    default:
      throw new BxError('unsupported', `the session knows no question ${String((question as FilesQuestion).kind)} about files`);
  }
}

/** The first of many, and how many more there are. */
function first<T>(all: readonly T[]): { readonly told: readonly T[]; readonly omitted: number } {
  return { told: all.slice(0, LIST_LIMIT), omitted: Math.max(0, all.length - LIST_LIMIT) };
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

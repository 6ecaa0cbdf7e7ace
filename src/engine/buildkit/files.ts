/**
 * The files of a step's root filesystem, read through the gateway (ReadDir, StatFile, ReadFile of a result: BuildKit,
 * frontend/gateway/pb/gateway.proto). It must not start anything. The engine follows links within the filesystem by itself.
 */

import { setMaxListeners } from 'node:events';
import { ConnectError } from '@connectrpc/connect';
import type { FileEntry, FileKind, StepKey } from '../../core/model/index.js';
import { BxError } from '../../platform/errors.js';
import type { FilesSpec, StepChanges, StepFiles } from '../engine.js';
import { compareTrees } from '../shared/files/compare-trees.js';
import { GoMode } from '../shared/files/file-tree.js';
import {
  nameOf,
  noDirectory,
  noFile,
  noSuchPath,
  nothingBefore,
  parentOf,
  released,
  stepPath,
} from '../shared/files/step-path.js';
import { findInstruction } from './container/open-container.js';
import { isLasting, reach } from './container/reach.js';
import { chooseRootState, outputBefore, type RootState } from './container/root-state.js';
import { contextAt } from './container/stage-context.js';
import { shortenHostPaths } from './failure-text.js';
import type { OutputRef } from './graph-types.js';
import type { Stat } from './proto/gen/gateway_pb.js';
import type { RunContext } from './run-context.js';

/** Every read is a mount on the engine, and an answer is held in memory as a whole. */
const READ_BYTES = 1 << 20;

/** See `BuildRun.openFiles`. */
export async function openFiles(run: RunContext, { step, moment }: FilesSpec, signal: AbortSignal): Promise<StepFiles> {
  const context = await contextAt(run, findInstruction(run, step), signal);
  const open = async (): Promise<StepFiles> => {
    const { state, note } = readableState(context, step, moment);
    const id = await resultOf(context, step, state.output, signal);
    const tree = treeOf(context, id, `step ${step}`);
    let isReleased = false;
    const checked = <T>(work: () => T): T => {
      if (isReleased) throw released(`step ${step}`);
      return work();
    };
    return {
      step,
      moment: state.moment,
      note,
      stat: async (path, own) => checked(() => tree.stat(stepPath(path), own)),
      list: async (path, own) => checked(() => tree.list(stepPath(path), own)),
      read: (path, range, own) => checked(() => tree.read(stepPath(path), range, own)),
      async release() {
        isReleased = true;
      },
    };
  };
  if (moment !== 'auto' || context.failureAt(step) !== null) return open();
  // Carried out for this, it may fail: then there is a state before it to look at.
  return open().catch((error: unknown) => {
    if (signal.aborted || !isLasting(context.failureAt(step))) throw error;
    return open();
  });
}

/** See `BuildRun.changes`. */
export async function changesOf(run: RunContext, step: StepKey, signal: AbortSignal): Promise<StepChanges> {
  const instruction = findInstruction(run, step);
  if (instruction.instruction === 'FROM') throw nothingBefore(instruction.number);
  const context = await contextAt(run, instruction, signal);
  const { failedFiles } = context.capabilities;
  if (context.failureAt(step)?.kind === 'exec' && !failedFiles.isAvailable) throw unreadable(step, failedFiles.reason);
  const { output } = chooseRootState(context, step, 'after');
  const earlier = outputBefore(context.graph, step, false);
  if (isSameOutput(output, earlier)) return { moment: 'after', changes: [] };
  const after = treeOf(context, await resultOf(context, step, output, signal), `step ${step}`);
  const before = treeOf(context, await resultOf(context, step, earlier, signal), `what is before step ${step}`);
  // Many calls look at it at once.
  const own = AbortSignal.any([signal]);
  setMaxListeners(0, own);
  const changes = await compareTrees(
    (path) => before.entries(path, own),
    (path) => after.entries(path, own),
  );
  return { moment: 'after', changes };
}

function isSameOutput(a: OutputRef | null, b: OutputRef | null): boolean {
  return a === b || (a !== null && b !== null && a.digest === b.digest && a.index === b.index);
}

/** The results that come with an error can be mounted, and nothing else. */
function readableState(
  context: RunContext,
  step: StepKey,
  moment: FilesSpec['moment'],
): Pick<RootState, 'note'> & { state: RootState } {
  const state = chooseRootState(context, step, moment);
  if (state.moment !== 'failed') return { state, note: state.note };
  const { reason } = context.capabilities.failedFiles;
  if (moment === 'failed') throw unreadable(step, reason);
  const note = `${reason.replace(/\.$/, '')}: this is the state before it.`;
  return { state: { ...state, moment: 'before' }, note };
}

function unreadable(step: StepKey, reason: string): BxError {
  return new BxError('unsupported', `what step ${step} has left behind cannot be read: ${reason}`, {
    hint: 'Open a shell in it, or read the state before it.',
  });
}

/** `''`: an empty filesystem. */
async function resultOf(context: RunContext, step: StepKey, output: OutputRef | null, signal: AbortSignal): Promise<string> {
  return output === null ? '' : reach(context, step, output, signal);
}

interface Tree extends Pick<StepFiles, 'stat' | 'list' | 'read'> {
  /** Of what is known to be a directory. */
  entries(path: string, signal: AbortSignal): Promise<FileEntry[]>;
}

/** `id`: a result. Paths are made plain by the caller. */
function treeOf({ gateway: { bridge } }: RunContext, id: string, where: string): Tree {
  const call = async <T>(path: string, signal: AbortSignal, ask: () => Promise<T>): Promise<T> => {
    try {
      return await ask();
    } catch (error) {
      throw failureOf(error, path, where, signal);
    }
  };
  /** Of what a symlink leads to. */
  const followed = async (path: string, signal: AbortSignal): Promise<FileEntry> => {
    if (id === '' && path === '/') return EMPTY_ROOT;
    if (id === '') throw noSuchPath(path, where);
    const { stat } = await call(path, signal, () => bridge.statFile({ Ref: id, Path: path }, { signal }));
    return entryOf(stat!, nameOf(path));
  };
  const entries = async (path: string, signal: AbortSignal): Promise<FileEntry[]> => {
    if (id === '') return [];
    const { entries: found } = await call(path, signal, () => bridge.readDir({ Ref: id, DirPath: path }, { signal }));
    const sizes = new Map(found.map((stat) => [stat.path, Number(stat.size)]));
    return found
      .map((stat) => {
        const entry = entryOf(stat, nameOf(stat.path));
        // Another name of a file in the same directory is told as a link to the first.
        return entry.kind === 'file' && stat.linkname !== '' ? { ...entry, sizeBytes: sizes.get(stat.linkname) ?? 0 } : entry;
      })
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  };
  const list = async (path: string, signal: AbortSignal): Promise<FileEntry[]> => {
    if ((await followed(path, signal)).kind !== 'dir') throw noDirectory(path, where);
    return entries(path, signal);
  };
  return {
    entries,
    list,
    async stat(path, signal) {
      if (path === '/') return followed(path, signal);
      const entry = (await list(parentOf(path), signal)).find(({ name }) => name === nameOf(path));
      if (entry === undefined) throw noSuchPath(path, where);
      return entry;
    },
    async *read(path, { offset, length }, signal) {
      const { kind, sizeBytes } = await followed(path, signal);
      if (kind !== 'file') throw noFile(path, where, kind === 'dir');
      const end = length === null ? sizeBytes : Math.min(sizeBytes, offset + length);
      for (let at = offset; at < end; ) {
        const range = { Offset: BigInt(at), Length: BigInt(Math.min(READ_BYTES, end - at)) };
        const { Data } = await call(path, signal, () => bridge.readFile({ Ref: id, FilePath: path, Range: range }, { signal }));
        if (Data.length === 0) return;
        at += Data.length;
        yield Data;
      }
    },
  };
}

const EMPTY_ROOT: FileEntry = {
  ...{ name: '/', kind: 'dir', permissions: 0o755, uid: 0, gid: 0, sizeBytes: 0, mtimeMs: 0, linkTarget: null },
};

function entryOf(stat: Stat, name: string): FileEntry {
  const mode = stat.mode >>> 0;
  const kind = kindOf(mode);
  const special = (mode & GoMode.setuid ? 0o4000 : 0) | (mode & GoMode.setgid ? 0o2000 : 0) | (mode & GoMode.sticky ? 0o1000 : 0);
  return {
    name,
    kind,
    permissions: (mode & GoMode.permissions) | special,
    uid: stat.uid,
    gid: stat.gid,
    sizeBytes: kind === 'file' ? Number(stat.size) : 0,
    mtimeMs: Number(stat.modTime) / 1e6,
    linkTarget: kind === 'symlink' ? stat.linkname : null,
  };
}

function kindOf(mode: number): FileKind {
  if (mode >= GoMode.dir) return 'dir';
  if (mode & GoMode.symlink) return 'symlink';
  if (mode & (GoMode.device | GoMode.charDevice)) return 'device';
  if (mode & GoMode.fifo) return 'fifo';
  return mode & GoMode.socket ? 'socket' : 'file';
}

function failureOf(error: unknown, path: string, where: string, signal: AbortSignal): BxError {
  if (signal.aborted) return new BxError('cancelled', `reading ${JSON.stringify(path)} was cancelled`, { cause: error });
  if (error instanceof BxError) return error;
  const message = error instanceof ConnectError ? error.rawMessage : String(error);
  if (/no such file or directory|not a directory|file does not exist/.test(message)) return noSuchPath(path, where, error);
  if (/invalid UTF-8/.test(message)) {
    return new BxError('unsupported', `a name in ${JSON.stringify(path)} is no text, and the engine cannot tell of it`, {
      hint: 'Open a shell to see it.',
      cause: error,
    });
  }
  return new BxError('engine', `${JSON.stringify(path)} in ${where} cannot be read: ${shortenHostPaths(message)}`, {
    cause: error,
  });
}

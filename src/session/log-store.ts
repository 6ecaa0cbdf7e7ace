/**
 * The raw logs of a session's steps. In memory a beginning and an end of each; once a log outgrows that, all of it goes to a file of
 * the session's own directory. It must not interpret what it holds.
 */
import { appendFileSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StepKey } from '../core/model/index.js';
import { makeDirectory } from '../platform/make-directory.js';
import type { StepLog } from './session.js';

export const LOG_HEAD_CHARS = 256 * 1024;
export const LOG_TAIL_CHARS = 1024 * 1024;
const SPILL_BATCH_CHARS = 256 * 1024;

export interface LogStore {
  append(generation: number, step: StepKey, text: string): void;
  /** The log as somebody else has kept it; what is appended comes after it. */
  seed(generation: number, step: StepKey, log: StepLog): void;
  /** Somebody else keeps the whole log in this file. */
  keptIn(generation: number, step: StepKey, file: string): void;
  /** What is to go to the step's file is written: nothing more is expected. */
  flush(generation: number, step: StepKey): void;
  /** Cheap to call often: the joined tail is kept until the next append. */
  read(generation: number, step: StepKey): StepLog;
  dispose(): void;
}

const EMPTY: StepLog = { head: '', tail: '', omittedBytes: 0, file: null };

/**
 * `directory` is made (0700) when the first log outgrows memory, and removed by `dispose`. Null: only what fits into memory is kept.
 * `onFile`: this log has a file from now on.
 */
export function createLogStore(
  directory: string | null,
  onFile: (generation: number, step: StepKey, file: string) => void = () => undefined,
): LogStore {
  const logs = new Map<string, BoundedLog>();
  const open = (generation: number, step: StepKey): BoundedLog => {
    const id = `${generation}/${step}`;
    const known = logs.get(id);
    if (known !== undefined) return known;
    const log = new BoundedLog(`g${generation}-${logs.size + 1}.log`, directory, (file) => onFile(generation, step, file));
    logs.set(id, log);
    return log;
  };
  return {
    append: (generation, step, text) => open(generation, step).append(text),
    seed: (generation, step, log) => open(generation, step).seed(log),
    keptIn: (generation, step, file) => open(generation, step).keptIn(file),
    flush: (generation, step) => logs.get(`${generation}/${step}`)?.flush(),
    read: (generation, step) => logs.get(`${generation}/${step}`)?.read() ?? EMPTY,
    dispose() {
      logs.clear();
      if (directory !== null && existsSync(directory)) rmSync(directory, { recursive: true, force: true });
    },
  };
}

class BoundedLog {
  #head = '';
  #tail: string[] = [];
  #tailChars = 0;
  #omitted = 0;
  #unspilled: string[] = [];
  #unspilledChars = 0;
  #isSpilling = false;
  #cannotSpill = false;
  #isBegun = false;
  /** Of the one who keeps the whole log, when that is not this store. */
  #seededFile: string | null = null;
  readonly #file: string | null;

  constructor(
    name: string,
    readonly directory: string | null,
    readonly onFile: (file: string) => void,
  ) {
    this.#file = directory === null ? null : join(directory, name);
  }

  seed({ head, tail, omittedBytes, file }: StepLog): void {
    this.#head = head;
    this.#tail = tail === '' ? [] : [tail];
    this.#tailChars = tail.length;
    this.#omitted = omittedBytes;
    this.#seededFile = file;
  }

  keptIn(file: string): void {
    this.#seededFile = file;
  }

  append(text: string): void {
    if (this.#isSpilling) this.#spill(text);
    const room = LOG_HEAD_CHARS - this.#head.length;
    if (this.#tailChars === 0 && this.#omitted === 0 && room > 0) {
      this.#head += text.slice(0, room);
      text = text.slice(room);
    }
    if (text === '') return;
    this.#tail.push(text);
    this.#tailChars += text.length;
    if (this.#tailChars > 2 * LOG_TAIL_CHARS) this.#cut();
  }

  read(): StepLog {
    const tail = this.#tail.join('');
    this.#tail = tail === '' ? [] : [tail];
    this.flush();
    const file = this.#isSpilling && !this.#cannotSpill ? this.#file : this.#seededFile;
    return { head: this.#head, tail, omittedBytes: this.#omitted, file };
  }

  #cut(): void {
    const all = this.#tail.join('');
    if (!this.#isSpilling && this.#file !== null) {
      this.#isSpilling = true;
      this.#spill(this.#head);
      this.#spill(all);
      this.flush();
      if (!this.#cannotSpill) this.onFile(this.#file);
    }
    const kept = all.slice(-LOG_TAIL_CHARS);
    this.#omitted += all.length - kept.length;
    this.#tail = [kept];
    this.#tailChars = kept.length;
  }

  #spill(text: string): void {
    if (this.#cannotSpill) return;
    this.#unspilled.push(text);
    this.#unspilledChars += text.length;
    if (this.#unspilledChars >= SPILL_BATCH_CHARS) this.flush();
  }

  /** A full disk costs the file, not the session: what is in memory stays. */
  flush(): void {
    if (this.#unspilledChars === 0 || this.#file === null || this.directory === null) return;
    const text = this.#unspilled.join('');
    this.#unspilled = [];
    this.#unspilledChars = 0;
    try {
      // Taken away meanwhile: another one would begin in the middle.
      if (this.#isBegun && !existsSync(this.#file)) {
        this.#cannotSpill = true;
        return;
      }
      makeDirectory(this.directory);
      writeFileSync(this.#file, '', { flag: 'a', mode: 0o600 });
      this.#isBegun = true;
      appendFileSync(this.#file, text);
    } catch {
      this.#cannotSpill = true;
    }
  }
}

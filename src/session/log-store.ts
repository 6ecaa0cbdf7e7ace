/**
 * The raw logs of a session's steps. In memory a beginning and an end of each; once a log outgrows that, all of it goes to a file of
 * the session's own directory. It must not interpret what it holds.
 */
import { appendFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StepKey } from '../core/model/index.js';
import type { StepLog } from './session.js';

export const LOG_HEAD_CHARS = 256 * 1024;
export const LOG_TAIL_CHARS = 1024 * 1024;
const SPILL_BATCH_CHARS = 256 * 1024;

export interface LogStore {
  append(generation: number, step: StepKey, text: string): void;
  /** Cheap to call often: the joined tail is kept until the next append. */
  read(generation: number, step: StepKey): StepLog;
  dispose(): void;
}

const EMPTY: StepLog = { head: '', tail: '', omittedBytes: 0, file: null };

/** `directory` is made (0700) when the first log outgrows memory, and removed by `dispose`. */
export function createLogStore(directory: string): LogStore {
  const logs = new Map<string, BoundedLog>();
  return {
    append(generation, step, text) {
      const id = `${generation}/${step}`;
      let log = logs.get(id);
      if (log === undefined) {
        log = new BoundedLog(join(directory, `g${generation}-${logs.size + 1}.log`), directory);
        logs.set(id, log);
      }
      log.append(text);
    },
    read: (generation, step) => logs.get(`${generation}/${step}`)?.read() ?? EMPTY,
    dispose() {
      logs.clear();
      if (existsSync(directory)) rmSync(directory, { recursive: true, force: true });
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

  constructor(
    readonly file: string,
    readonly directory: string,
  ) {}

  append(text: string): void {
    if (this.#isSpilling) this.#spill(text);
    const room = LOG_HEAD_CHARS - this.#head.length;
    if (this.#tailChars === 0 && room > 0) {
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
    if (this.#isSpilling) this.#flush();
    const file = this.#isSpilling && !this.#cannotSpill ? this.file : null;
    return { head: this.#head, tail, omittedBytes: this.#omitted, file };
  }

  #cut(): void {
    const all = this.#tail.join('');
    if (!this.#isSpilling) {
      this.#isSpilling = true;
      this.#spill(this.#head);
      this.#spill(all);
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
    if (this.#unspilledChars >= SPILL_BATCH_CHARS) this.#flush();
  }

  /** A full disk costs the file, not the session: what is in memory stays. */
  #flush(): void {
    if (this.#unspilledChars === 0) return;
    const text = this.#unspilled.join('');
    this.#unspilled = [];
    this.#unspilledChars = 0;
    try {
      mkdirSync(this.directory, { recursive: true, mode: 0o700 });
      writeFileSync(this.file, '', { flag: 'a', mode: 0o600 });
      appendFileSync(this.file, text);
    } catch {
      this.#cannotSpill = true;
    }
  }
}

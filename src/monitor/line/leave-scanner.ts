/**
 * Finds what leaves a terminal in what is typed: one key, or a key and a character after it (`Ctrl-A c`, as the monitor before this one had
 * it). Nothing is held back from the program: the first key of two reaches it at once, pressed twice it is itself once. Pure.
 */

export interface LeaveKeys {
  /** `^]`, `^A c`. */
  readonly label: string;
  readonly bytes: Uint8Array;
  /** What must follow; null: nothing. */
  readonly second: Uint8Array | null;
}

export interface LeaveScanner {
  /** `forward`: bytes for the program, those before the key. */
  scan(data: Uint8Array): { readonly forward: Uint8Array; readonly isLeaving: boolean };
}

export function createLeaveScanner({ bytes, second }: Pick<LeaveKeys, 'bytes' | 'second'>): LeaveScanner {
  return second === null ? scanForOne(bytes) : scanForTwo(bytes, second);
}

function scanForOne(key: Uint8Array): LeaveScanner {
  return {
    scan(data) {
      const at = indexOf(data, key, 0);
      return { forward: data.subarray(0, at < 0 ? data.length : at), isLeaving: at >= 0 };
    },
  };
}

function scanForTwo(first: Uint8Array, second: Uint8Array): LeaveScanner {
  let isBetween = false;
  return {
    scan(data) {
      const forward: Uint8Array[] = [];
      let from = 0;
      for (;;) {
        if (isBetween && from < data.length) {
          isBetween = false;
          if (startsWith(data, second, from)) return { forward: Buffer.concat(forward), isLeaving: true };
          if (startsWith(data, first, from)) from += first.length;
        }
        const at = indexOf(data, first, from);
        const end = at < 0 ? data.length : at + first.length;
        forward.push(data.subarray(from, end));
        if (at < 0) break;
        isBetween = true;
        from = end;
        if (from >= data.length) break;
      }
      return { forward: Buffer.concat(forward), isLeaving: false };
    },
  };
}

function indexOf(data: Uint8Array, wanted: Uint8Array, from: number): number {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).indexOf(wanted, from);
}

function startsWith(data: Uint8Array, wanted: Uint8Array, from: number): boolean {
  return wanted.every((byte, index) => data[from + index] === byte);
}

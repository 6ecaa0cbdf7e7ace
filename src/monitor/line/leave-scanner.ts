/**
 * Finds the key that leaves a terminal in what is typed: the one that is set, and `Ctrl-A c`, which the monitor before this one had. Ctrl-A
 * itself is never held back from the program. Pure.
 */
const CTRL_A = 0x01;
const LETTER_C = 0x63;

export interface LeaveScanner {
  /** `forward`: bytes for the program, those before the key. */
  scan(data: Uint8Array): { readonly forward: Uint8Array; readonly isLeaving: boolean };
}

export function createLeaveScanner(key: Uint8Array): LeaveScanner {
  let isAfterCtrlA = false;
  const hasToggle = key[0] !== CTRL_A;

  return {
    scan(data) {
      const at = Buffer.from(data.buffer, data.byteOffset, data.byteLength).indexOf(key);
      const limit = at < 0 ? data.length : at;
      for (let index = 0; hasToggle && index < limit; index++) {
        if (isAfterCtrlA && data[index] === LETTER_C) {
          isAfterCtrlA = false;
          return { forward: data.subarray(0, index), isLeaving: true };
        }
        isAfterCtrlA = data[index] === CTRL_A;
      }
      if (at >= 0) isAfterCtrlA = false;
      return { forward: data.subarray(0, limit), isLeaving: at >= 0 };
    },
  };
}

/**
 * Takes back what the engine does to a terminal's output. BuildKit runs `runc` on a pseudo terminal of its own, outside of the
 * container's: that one puts a carriage return in front of every line feed (OPOST and ONLCR, termios(3)), also of those that a full-screen
 * program means as a mere step down. Exactly one is taken out again. It must only be used where the container's own terminal adds the
 * carriage returns that programs expect.
 */

const CR = 0x0d;
const LF = 0x0a;
/** The two bytes are written at once; a carriage return that stays alone for so long was the program's. */
const LONE_CR_MS = 20;

export interface LineEndFilter {
  push(chunk: Uint8Array): void;
  /** The stream ended: nothing stays behind. */
  end(): void;
}

export function createLineEndFilter(onData: (data: Uint8Array) => void): LineEndFilter {
  let timer: NodeJS.Timeout | null = null;

  /** True when one was held. */
  const takeHeld = (): boolean => {
    if (timer === null) return false;
    clearTimeout(timer);
    timer = null;
    return true;
  };
  const deliverHeld = (): void => {
    if (takeHeld()) onData(Uint8Array.of(CR));
  };

  return {
    push(chunk) {
      if (chunk.length === 0) return;
      if (chunk[0] === LF) takeHeld();
      else deliverHeld();
      const isCut = chunk[chunk.length - 1] === CR;
      const whole = isCut ? chunk.subarray(0, -1) : chunk;
      const data = whole.includes(LF) ? withoutAdded(whole) : whole;
      if (isCut) timer = setTimeout(deliverHeld, LONE_CR_MS);
      if (data.length > 0) onData(data);
    },
    end: deliverHeld,
  };
}

/** Byte by byte: a search and a copy for each line cost more where lines are short. */
function withoutAdded(bytes: Uint8Array): Uint8Array {
  const out = Buffer.allocUnsafe(bytes.length);
  let length = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte !== CR || bytes[at + 1] !== LF) out[length++] = byte;
  }
  return out.subarray(0, length);
}

/**
 * What the wrapper script says about its program travels inside the program's own output, as escape sequences with a random word that
 * nobody else knows: `ESC ] 7717 ; <nonce> ; <letter> ; <text> ESC \`. This filter takes them out before anybody sees them, also when
 * they come in pieces. It must not hold anything else back.
 */

/** A private OSC number; terminals ignore what they do not know, should one ever get through. */
export const MARKER_OSC = '7717';
const ESC = 0x1b;
const TERMINATOR = Buffer.from('\x1b\\', 'latin1');
/** A marker is a letter and a number; what goes on longer is no marker of ours. */
const LONGEST_MARKER_BYTES = 256;

export interface Marker {
  /** `S`: the program is about to start, `text` is the wrapper's process id. `E`: it ended, `text` is its status. */
  readonly letter: string;
  readonly text: string;
}

export interface MarkerFilter {
  /** Calls back in the order of the stream. */
  push(chunk: Uint8Array): void;
  /** The stream ended: what was held back as the possible beginning of a marker is delivered. */
  end(): void;
}

export function createMarkerFilter(
  nonce: string,
  onData: (data: Uint8Array) => void,
  onMarker: (marker: Marker) => void,
): MarkerFilter {
  const prefix = Buffer.from(`\x1b]${MARKER_OSC};${nonce};`, 'latin1');
  let held: Buffer | null = null;

  return {
    push(chunk) {
      let rest: Buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
      if (held !== null) {
        rest = Buffer.concat([held, rest]);
        held = null;
      }
      for (;;) {
        const start = rest.indexOf(prefix);
        if (start === -1) break;
        const bodyStart = start + prefix.length;
        const stop = rest.indexOf(TERMINATOR, bodyStart);
        if (start > 0) onData(rest.subarray(0, start));
        if (stop === -1) {
          rest = rest.subarray(start);
          if (rest.length <= LONGEST_MARKER_BYTES) held = rest;
          else onData(rest);
          return;
        }
        onMarker(parseMarker(rest.toString('latin1', bodyStart, stop)));
        rest = rest.subarray(stop + TERMINATOR.length);
      }
      const keep = possiblePrefixLength(rest, prefix);
      if (keep > 0) {
        held = rest.subarray(rest.length - keep);
        rest = rest.subarray(0, rest.length - keep);
      }
      if (rest.length > 0) onData(rest);
    },
    end() {
      const last = held;
      held = null;
      if (last !== null) onData(last);
    },
  };
}

function parseMarker(body: string): Marker {
  const cut = body.indexOf(';');
  return cut === -1 ? { letter: body, text: '' } : { letter: body.slice(0, cut), text: body.slice(cut + 1) };
}

/** Length of the longest end of `bytes` with which `prefix` begins. */
function possiblePrefixLength(bytes: Buffer, prefix: Buffer): number {
  const from = Math.max(0, bytes.length - prefix.length + 1);
  for (let at = bytes.indexOf(ESC, from); at !== -1; at = bytes.indexOf(ESC, at + 1)) {
    const length = bytes.length - at;
    if (bytes.compare(prefix, 0, length, at) === 0) return length;
  }
  return 0;
}

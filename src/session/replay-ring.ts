/** The newest bytes of a stream, up to a bound, for whoever attaches later. */
export interface ReplayRing {
  push(data: Uint8Array): void;
  /** A copy, oldest first; starts after a newline once something had to be dropped. */
  bytes(): Uint8Array;
}

export function createReplayRing(maxBytes: number): ReplayRing {
  let chunks: Uint8Array[] = [];
  let size = 0;
  let isCut = false;
  const compact = (): void => {
    const all = Buffer.concat(chunks);
    isCut ||= all.length > maxBytes;
    chunks = [all.length > maxBytes ? Buffer.from(all.subarray(all.length - maxBytes)) : all];
    size = chunks[0]!.length;
  };
  return {
    push(data) {
      chunks.push(data);
      size += data.length;
      if (size > 2 * maxBytes || chunks.length > 4096) compact();
    },
    bytes() {
      compact();
      const all = chunks[0]!;
      const newline = isCut ? all.indexOf(10) : -1;
      return Uint8Array.prototype.slice.call(all, newline + 1);
    },
  };
}

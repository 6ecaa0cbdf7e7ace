/** The newest bytes of a stream, up to a bound, for whoever attaches later. */
export interface ReplayRing {
  push(data: Uint8Array): void;
  /** A copy, oldest first; starts after a newline once something had to be dropped. */
  bytes(): Uint8Array;
  /** Keeps the newest of them alone, in one piece. Gives how many there are. */
  shrink(maxBytes: number): number;
}

export function createReplayRing(maxBytes: number): ReplayRing {
  let chunks: Uint8Array[] = [];
  let size = 0;
  let isCut = false;
  const compact = (limit = maxBytes): void => {
    if (chunks.length === 1 && size <= limit) return;
    const all = Buffer.concat(chunks);
    isCut ||= all.length > limit;
    chunks = [all.length > limit ? Buffer.from(all.subarray(all.length - limit)) : all];
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
    shrink(limit) {
      compact(Math.min(limit, maxBytes));
      return size;
    },
  };
}

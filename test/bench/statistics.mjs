/** Medians, percentiles, and ratios of runs that alternate. Pure but for the runs that it is given. */

/** @typedef {{ median: number, min: number, max: number }} Spread */
/** @typedef {{ ours: Spread, peer: Spread, ratio: Spread }} Comparison */

/** @param {readonly number[]} values @param {number} fraction 0.5 is the median; nearest rank */
export function percentile(values, fraction) {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = Math.max(0, Math.min(sorted.length - 1, Math.ceil(fraction * sorted.length) - 1));
  return sorted[rank] ?? Number.NaN;
}

/** @param {readonly number[]} values @returns {Spread} */
export function spread(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  const median = sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
  return { median, min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN };
}

/**
 * The ratio is made within each pair: two runs that follow each other see the same load of the machine.
 * @param {readonly number[]} ours
 * @param {readonly number[]} peer
 * @returns {Comparison}
 */
export function compare(ours, peer) {
  return {
    ours: spread(ours),
    peer: spread(peer),
    ratio: spread(ours.map((value, index) => value / (peer[index] ?? Number.NaN))),
  };
}

/**
 * Ours, peer, ours, peer, … The first pair warms the caches of both and is not counted.
 * @template T
 * @param {number} pairs
 * @param {() => Promise<T>} runOurs
 * @param {() => Promise<T>} runPeer
 * @returns {Promise<{ ours: T[], peer: T[] }>}
 */
export async function alternate(pairs, runOurs, runPeer) {
  /** @type {{ ours: T[], peer: T[] }} */
  const runs = { ours: [], peer: [] };
  for (let pair = -1; pair < pairs; pair++) {
    const ours = await runOurs();
    const peer = await runPeer();
    if (pair < 0) continue;
    runs.ours.push(ours);
    runs.peer.push(peer);
  }
  return runs;
}

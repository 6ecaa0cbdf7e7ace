/** What a mistyped name was probably meant to be, among those that there are. */

/** Null when none is near: more than a third of the letters would have to change. */
export function nearestName(name: string, known: readonly string[]): string | null {
  const swapped = known.find((candidate) => isSwapped(name, candidate));
  if (swapped !== undefined) return swapped;
  let best: string | null = null;
  let bestDistance = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(name, candidate, bestDistance);
    if (distance >= bestDistance) continue;
    best = candidate;
    bestDistance = distance;
  }
  return best;
}

/** The most alike first, whatever their case, at most eight. */
export function nearestNames(name: string, known: readonly string[]): string[] {
  const distance = new Map(
    known.map((one) => [one, editDistance(name.toLowerCase(), one.toLowerCase(), Number.POSITIVE_INFINITY)]),
  );
  return [...known].sort((a, b) => distance.get(a)! - distance.get(b)!).slice(0, 8);
}

/** Two neighbouring letters in the wrong order, which count as two mistakes below. */
function isSwapped(name: string, candidate: string): boolean {
  const at = [...name].findIndex((letter, index) => letter !== candidate[index]);
  return at >= 0 && `${name.slice(0, at)}${name[at + 1] ?? ''}${name[at]}${name.slice(at + 2)}` === candidate;
}

/** Levenshtein's distance; `limit` is returned as soon as it cannot be less. */
function editDistance(from: string, to: string, limit: number): number {
  if (Math.abs(from.length - to.length) >= limit) return limit;
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    if (Math.min(...next) >= limit) return limit;
    row = next;
  }
  return row[to.length]!;
}

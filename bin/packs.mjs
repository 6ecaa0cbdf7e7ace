/**
 * Which chunks are loaded together: what is imported lazily, with what it needs in turn and is not there by then. Each is one file to read and
 * one piece of compiled code to take over, where a chunk by itself takes a fraction of a millisecond, and a run needs dozens.
 */

/** @typedef {Readonly<Record<string, { imports: readonly { path: string, kind: string, external?: boolean }[] }>>} Outputs the bundler's metafile has them */

/**
 * @param {Outputs} outputs
 * @param {string} main the path that a run begins with
 * @param {readonly string[]} others that are loaded by a way that the bundler does not see
 * @returns {Map<string, string[]>} by the path that is loaded, the paths in its pack, itself first
 */
export function packsOf(outputs, main, others) {
  const importsOf = (/** @type {string} */ path, /** @type {string} */ kind) =>
    (outputs[path]?.imports ?? []).filter((one) => one.kind === kind && !one.external).map((one) => one.path);
  /** @param {string} path @param {Set<string>} [into] @returns {Set<string>} */
  const closureOf = (path, into = new Set()) => {
    if (into.has(path)) return into;
    into.add(path);
    for (const next of importsOf(path, 'import-statement')) closureOf(next, into);
    return into;
  };
  const lazy = Object.keys(outputs).flatMap((path) => importsOf(path, 'dynamic-import'));
  const roots = [...new Set([main, ...others, ...lazy])];
  const closures = new Map(roots.map((root) => [root, closureOf(root)]));
  const closure = (/** @type {string} */ root) => closures.get(root) ?? new Set();
  const importers = new Map(
    roots.map((root) => [
      root,
      roots.filter((from) => [...closure(from)].some((path) => importsOf(path, 'dynamic-import').includes(root))),
    ]),
  );

  // Whichever way leads there: a chunk is left out only where it is there on all of them. From everything down to what holds.
  const present = new Map(roots.map((root) => [root, new Set(root === main ? [] : Object.keys(outputs))]));
  const there = (/** @type {string} */ root) => present.get(root) ?? new Set();
  for (let hasChanged = true; hasChanged; ) {
    hasChanged = false;
    for (const root of roots.filter((one) => one !== main)) {
      const ways = others.includes(root) ? [main] : (importers.get(root) ?? []);
      const before = there(root).size;
      for (const path of there(root))
        if (!ways.every((from) => there(from).has(path) || closure(from).has(path))) there(root).delete(path);
      hasChanged ||= there(root).size !== before;
    }
  }
  return new Map(roots.map((root) => [root, [...closure(root)].filter((path) => path === root || !there(root).has(path))]));
}

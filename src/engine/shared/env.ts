/** Environments as lists of `NAME=value`. */

/** `over` on top of `base`; a name keeps the place where it was first given. */
export function mergeEnv(base: readonly string[], over: readonly string[]): string[] {
  const result = new Map<string, string>();
  for (const entry of [...base, ...over]) result.set(nameOf(entry), entry);
  return [...result.values()];
}

/** `directory` at the end of PATH. */
export function appendPath(env: readonly string[], directory: string): string[] {
  const path = env.find((entry) => entry.startsWith('PATH='));
  return mergeEnv(env, [path === undefined || path === 'PATH=' ? `PATH=${directory}` : `${path}:${directory}`]);
}

function nameOf(entry: string): string {
  const cut = entry.indexOf('=');
  return cut === -1 ? entry : entry.slice(0, cut);
}

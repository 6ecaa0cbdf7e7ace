/** Numbers as buildx's plain progress writes them. */

/** Seconds of a log line: four significant digits at most (`0.512`, `3.920`, `11.87`, `120.4`). */
export function logSeconds(elapsedMs: number): string {
  const seconds = Math.max(0, elapsedMs) / 1000;
  return seconds.toFixed(seconds < 10 ? 3 : seconds < 100 ? 2 : 1);
}

export function seconds(elapsedMs: number): string {
  return `${(Math.max(0, elapsedMs) / 1000).toFixed(1)}s`;
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** Decimal units with two decimals, bytes without (`30B`, `1.98MB`, `47.16MB`). */
export function byteSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? Math.round(value) : value.toFixed(2)}${UNITS[unit]}`;
}

/** A counter: `1.50MB / 3.00MB`, `1.50MB`, nothing. */
export function byteAmount(current: number, total: number): string {
  if (total > 0) return `${byteSize(current)} / ${byteSize(total)}`;
  return current > 0 ? byteSize(current) : '';
}

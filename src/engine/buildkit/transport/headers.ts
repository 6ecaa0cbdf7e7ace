/**
 * The part of the fetch standard's `Headers` that gRPC needs: the bundle takes it in place of the global, whose first use makes Node load
 * its whole HTTP client, more than everything else that a connection costs. It checks nothing and knows no cookies.
 */

type Init = Iterable<readonly [string, string]> | Readonly<Record<string, string>>;

/** Names in lower case; values of one name joined by `, `; iterated by name (fetch standard, Headers class). */
export class Headers implements Iterable<[string, string]> {
  readonly #values = new Map<string, string>();

  constructor(init?: Init) {
    if (init === undefined) return;
    const pairs = Symbol.iterator in init ? (init as Iterable<readonly [string, string]>) : Object.entries(init);
    for (const [name, value] of pairs) this.append(name, value);
  }

  append(name: string, value: string): void {
    const known = this.get(name);
    this.#values.set(name.toLowerCase(), known === null ? trim(value) : `${known}, ${trim(value)}`);
  }

  set(name: string, value: string): void {
    this.#values.set(name.toLowerCase(), trim(value));
  }

  get(name: string): string | null {
    return this.#values.get(name.toLowerCase()) ?? null;
  }

  has(name: string): boolean {
    return this.#values.has(name.toLowerCase());
  }

  delete(name: string): void {
    this.#values.delete(name.toLowerCase());
  }

  forEach(visit: (value: string, name: string, headers: Headers) => void, self?: unknown): void {
    for (const [name, value] of this) visit.call(self, value, name, this);
  }

  entries(): IterableIterator<[string, string]> {
    return [...this.#values].sort(([a], [b]) => (a < b ? -1 : 1))[Symbol.iterator]();
  }

  *keys(): IterableIterator<string> {
    for (const [name] of this) yield name;
  }

  *values(): IterableIterator<string> {
    for (const [, value] of this) yield value;
  }

  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.entries();
  }
}

/** Without the HTTP white space at both ends. */
function trim(value: string): string {
  return String(value).replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, '');
}

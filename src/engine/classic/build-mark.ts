/**
 * The mark on the containers of a build, on which the builder puts no label: how `default`, the `isolation` of all containers but those of Windows, is
 * spelled. It is read in any case, means nothing on Linux, and an engine keeps it with the container as it was given (moby, api/types/container,
 * Isolation.IsDefault).
 */
const WORD = 'default';
/** That is how others spell it. */
const USUAL = ['default', 'Default', 'DEFAULT'];
const SPELLINGS = Array.from({ length: 2 ** WORD.length }, (_, bits) =>
  [...WORD].map((letter, index) => (bits & (1 << index) ? letter.toUpperCase() : letter)).join(''),
).filter((spelling) => !USUAL.includes(spelling));

/** How many there are. */
export const MARKS = SPELLINGS.length;

export function markAt(number: number): string {
  return SPELLINGS[number]!;
}

export function isMark(text: string): boolean {
  return SPELLINGS.includes(text);
}

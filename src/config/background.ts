/** Is the terminal's background light? From what terminals tell: `COLORFGBG`, or the answer to OSC 11. Pure. */

/** A terminal's background; null when it cannot be told. */
export type Background = 'dark' | 'light' | null;

/** rxvt's variable: `foreground;background`, indexes of the 16 colours; 7 and 9 to 15 are light (as in vim's own guess). */
export function backgroundOfColorFgBg(value: string | undefined): Background {
  const last = value?.split(';').at(-1) ?? '';
  if (!/^\d{1,2}$/.test(last)) return null;
  const index = Number(last);
  if (index > 15) return null;
  return index === 7 || index >= 9 ? 'light' : 'dark';
}

/** `ESC ] 11 ; rgb:RRRR/GGGG/BBBB` with one to four digits a channel (XParseColor), however it is terminated. */
export function backgroundOfOsc11(answer: string): Background {
  const match = /\u001b\]11;rgba?:([0-9a-f]{1,4})\/([0-9a-f]{1,4})\/([0-9a-f]{1,4})/i.exec(answer);
  if (match === null) return null;
  const [red, green, blue] = match.slice(1).map((digits) => Number.parseInt(digits, 16) / (16 ** digits.length - 1)) as [
    number,
    number,
    number,
  ];
  // ITU-R BT.601 luma is enough to tell dark from light.
  return 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 ? 'light' : 'dark';
}

/** `auto` becomes dark unless the background is known to be light; any other name stays. */
export function resolveThemeName(setting: string, background: Background): string {
  if (setting !== 'auto') return setting;
  return background === 'light' ? 'light' : 'dark';
}

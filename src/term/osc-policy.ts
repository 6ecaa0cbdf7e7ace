/**
 * What a program may ask of the terminal by OSC sequences. Titles and clipboard writes are reported after cleaning, colour queries are
 * answered from the palette, everything else (links, notifications, file transfers, colour changes, clipboard reads) is swallowed.
 */
import type { Terminal } from '@xterm/headless';
import type { Disposable } from '../platform/byte-channel.js';
import { ansiColor, xColor } from './palette.js';
import { cleanTitle } from './sanitize.js';
import type { EmulatorPalette } from './types.js';

const MAX_CLIPBOARD_BYTES = 100_000;
/** Sequences with an effect outside of the grid that nobody here wants: icon name, X properties, links, working directory,
 * notifications, pointer shape, highlight colours, resets of colours, downloads, shell marks. */
const SWALLOWED = [
  1, 3, 5, 6, 7, 8, 9, 13, 14, 15, 16, 17, 18, 19, 21, 22, 50, 99, 104, 105, 110, 111, 112, 113, 117, 119, 133, 633, 777, 1337,
];
const DEFAULT_PALETTE: EmulatorPalette = { foreground: '#e5e5e5', background: '#000000' };

export interface OscListener {
  onTitle(title: string): void;
  onClipboard(text: string): void;
  onReply(text: string): void;
}

/** Installs the policy at `terminal`. */
export function applyOscPolicy(terminal: Terminal, palette: EmulatorPalette | undefined, listener: OscListener): Disposable {
  const colors = palette ?? DEFAULT_PALETTE;
  const handled: Disposable[] = [];
  const handle = (code: number, run: (data: string) => void) => {
    handled.push(
      terminal.parser.registerOscHandler(code, (data) => {
        run(data);
        return true;
      }),
    );
  };
  handle(0, (data) => listener.onTitle(cleanTitle(data)));
  handle(2, (data) => listener.onTitle(cleanTitle(data)));
  handle(4, (data) => answerPaletteQuery(data, colors, listener));
  for (const first of [10, 11, 12]) handle(first, (data) => answerColorQuery(first, data, colors, listener));
  handle(52, (data) => {
    const text = decodeClipboard(data);
    if (text !== null) listener.onClipboard(text);
  });
  for (const code of SWALLOWED) handle(code, () => {});
  return {
    dispose() {
      for (const entry of handled) entry.dispose();
    },
  };
}

/** `OSC 4 ; n ; ? …` in pairs. */
function answerPaletteQuery(data: string, palette: EmulatorPalette, listener: OscListener): void {
  const parts = data.split(';', 64);
  for (let i = 0; i + 1 < parts.length; i += 2) {
    const index = Number(parts[i]);
    if (parts[i + 1] !== '?' || !Number.isInteger(index) || index < 0 || index > 255) continue;
    listener.onReply(`\x1b]4;${index};${xColor(ansiColor(index, palette.ansi))}\x1b\\`);
  }
}

/** `OSC 10 ; ? ; ?` asks for 10, then 11, then 12 (foreground, background, cursor). */
function answerColorQuery(first: number, data: string, palette: EmulatorPalette, listener: OscListener): void {
  const values = [palette.foreground, palette.background, palette.cursor ?? palette.foreground];
  data.split(';', 3).forEach((part, offset) => {
    const value = values[first - 10 + offset];
    if (part === '?' && value !== undefined) listener.onReply(`\x1b]${first + offset};${xColor(value)}\x1b\\`);
  });
}

/** Text of `OSC 52 ; selections ; base64`; null for a query, an oversized or a malformed one. */
function decodeClipboard(data: string): string | null {
  const separator = data.indexOf(';');
  if (separator < 0 || separator > 16) return null;
  const payload = data.slice(separator + 1);
  if (payload === '' || payload === '?' || payload.length > (MAX_CLIPBOARD_BYTES * 4) / 3 + 4) return null;
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(payload)) return null;
  return Buffer.from(payload, 'base64').toString('utf8');
}

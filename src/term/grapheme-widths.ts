/**
 * Character widths and grapheme joining for the emulator: the graphemes addon's tables with a bound on how much is joined into one
 * cell, so that a stream of combining marks cannot grow a single cell without end.
 */

import { isAscii } from 'node:buffer';
import { createRequire } from 'node:module';
import type { IUnicodeVersionProvider, Terminal } from '@xterm/headless';

const VERSION = 'bounded-graphemes';
/** The longest emoji sequences have ten code points; scripts with stacked marks stay below twenty. */
const MAX_JOINS = 24;

/** Property word of the library: bit 0 join, bits 1-2 width, the rest the kind of character (`UnicodeService.createPropertyValue`). */
const JOIN_BIT = 1;
const NARROW = 1 << 1;

/**
 * Characters that take one column and join nothing with either tables, so that a terminal may switch after any of them: ASCII, Latin, dashes,
 * quotes, box drawing, check marks. Emoji with a text form, as © is, are none of them.
 */
const PLAIN = /^[\0-\x7f\xa0-\xa8\xaa-\xad\xaf-\u02ff\u2010-\u2027\u2500-\u259f\u2713\u2717\u2718]*$/;

/** False: the widths that a terminal begins with are right for it. A character that is cut off at an end needs the tables. */
export function needsGraphemeWidths(data: Uint8Array | string): boolean {
  if (typeof data === 'string') return !PLAIN.test(data);
  return !isAscii(data) && !PLAIN.test(Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString());
}

/** Switches `terminal` to Unicode 15 widths with grapheme clusters (emoji sequences, flags, combining marks). */
export function useGraphemeWidths(terminal: Terminal): void {
  const inner = graphemeProvider();
  let joins = 0;
  terminal.unicode.register({
    version: VERSION,
    wcwidth: (codePoint) => inner.wcwidth(codePoint),
    charProperties(codePoint, preceding) {
      const properties = inner.charProperties(codePoint, preceding);
      if ((properties & JOIN_BIT) === 0) {
        joins = 0;
        return properties;
      }
      joins += 1;
      if (joins <= MAX_JOINS) return properties;
      joins = 0;
      return NARROW;
    },
  });
  terminal.unicode.activeVersion = VERSION;
}

/** Unpacks the tables now, which takes longer than everything else about a new terminal. */
export function prepareGraphemeWidths(): void {
  loadAddon();
}

/** The addon registers its providers at a terminal; here it meets a recorder instead, and hands over the one with clusters. */
function graphemeProvider(): IUnicodeVersionProvider {
  const providers = new Map<string, IUnicodeVersionProvider>();
  const unicode = {
    versions: [],
    activeVersion: '',
    register(provider: IUnicodeVersionProvider) {
      providers.set(provider.version, provider);
    },
  };
  const addon = new (loadAddon().UnicodeGraphemesAddon)();
  addon.activate({ unicode } as unknown as Parameters<typeof addon.activate>[0]);
  return providers.get(unicode.activeVersion)!;
}

/**
 * The addon unpacks its tables when it is loaded, and takes the whole memory behind a Buffer for them. That is right only for a Buffer with
 * memory of its own; small ones share a pool, and then the load fails with "Data error", depending on what the process did before.
 */
function loadAddon(): typeof import('@xterm/addon-unicode-graphemes') {
  const poolSize = Buffer.poolSize;
  Buffer.poolSize = 0;
  try {
    return createRequire(import.meta.url)('@xterm/addon-unicode-graphemes');
  } finally {
    Buffer.poolSize = poolSize;
  }
}

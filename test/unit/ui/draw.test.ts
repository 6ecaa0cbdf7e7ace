import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createEmulator } from '../../../src/term/emulator.js';
import { AttributeTable } from '../../../src/ui/host/attributes.js';
import { createBlessedHost } from '../../../src/ui/host/blessed-host.js';
import type { Surface } from '../../../src/ui/host/surface.js';

const COLS = 24;
const ROWS = 6;

/** A host that draws on an emulator, so that what a terminal shows can be compared with what was painted. */
function createPaper() {
  const terminal = createEmulator({ cols: COLS, rows: ROWS, scrollbackRows: 0 });
  const frames: string[] = [];
  const host = createBlessedHost({
    cols: COLS,
    rows: ROWS,
    attributes: new AttributeTable('truecolor'),
    onFrame: (text) => {
      frames.push(text);
      terminal.write(text);
    },
  });
  let paint = (_surface: Surface): void => undefined;
  host.addElement((surface) => paint(surface)).place({ x: 0, y: 0, width: COLS, height: ROWS });
  const show = async (next: (surface: Surface) => void): Promise<string[]> => {
    paint = next;
    host.render();
    await new Promise<void>((resolve) => terminal.write('', resolve));
    return Array.from({ length: ROWS }, (_, y) => terminal.text(y, 0, y, COLS).trimEnd());
  };
  return { host, frames, show, terminal };
}

describe('drawing', () => {
  test('shows on the terminal what was painted, whatever was there before', async () => {
    const piece = fc.record({
      x: fc.integer({ min: 0, max: COLS - 1 }),
      y: fc.integer({ min: 0, max: ROWS - 1 }),
      text: fc.constantFrom('abc', '名前', 'x🎉y', '│─┼', 'é', 'wide 名', ' '),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(piece, { maxLength: 8 }), { minLength: 2, maxLength: 5 }), async (scenes) => {
        const paper = createPaper();
        for (const scene of scenes) {
          const painter = (surface: Surface): void => {
            surface.fill(paper.host.attributes.plain);
            for (const { x, y, text } of scene) surface.text(x, y, text, paper.host.attributes.plain);
          };
          const changed = await paper.show(painter);
          const fresh = await createPaper().show(painter);
          expect(changed).toEqual(fresh);
        }
        paper.host.dispose();
      }),
      { numRuns: 20 },
    );
  });

  test('writes nothing when nothing changed, and one write a frame', async () => {
    const paper = createPaper();
    const painter = (surface: Surface): void => {
      surface.fill(paper.host.attributes.plain);
      surface.text(0, 0, 'same', paper.host.attributes.plain);
    };
    await paper.show(painter);
    expect(paper.frames).toHaveLength(1);
    await paper.show(painter);
    expect(paper.frames).toHaveLength(1);
    paper.host.dispose();
  });

  test('lets no control sequence of a text through', async () => {
    const paper = createPaper();
    const lines = await paper.show((surface) => {
      surface.fill(paper.host.attributes.plain);
      surface.text(0, 0, 'a\x1b[2Jb\x07{bold}c{/bold}', paper.host.attributes.plain);
    });
    expect(paper.frames.join('')).not.toContain('\x1b[2J');
    expect(lines[0]).toBe('a[2Jb{bold}c{/bold}');
    paper.host.dispose();
  });

  test('leaves the handlers of the process alone', () => {
    const names = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'uncaughtException', 'exit'];
    const before = names.map((name) => process.listenerCount(name));
    createPaper().host.dispose();
    expect(names.map((name) => process.listenerCount(name))).toEqual(before);
  });
});

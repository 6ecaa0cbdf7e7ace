import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHostModes } from '../../../../src/monitor/line/host-modes.js';

const bytes = (text: string) => Buffer.from(text, 'latin1');
const vi = '\u001b[?1049h\u001b[?1h\u001b[?25l\u001b[?1000;1006h\u001b[2J';

describe('createHostModes', () => {
  it('undoes what was set and sets it again', () => {
    const modes = createHostModes();
    modes.track(bytes(vi));
    const undo = modes.undo();
    for (const sequence of ['[?1049l', '[?1l', '[?1000l', '[?1006l', '[?25h', '[0m']) expect(undo).toContain(`\u001b${sequence}`);
    expect(modes.redo()).toContain('\u001b[?1049h');
    expect(modes.redo()).toContain('\u001b[?25l');
  });

  it('leaves alone what the program has undone itself', () => {
    const modes = createHostModes();
    modes.track(bytes(`${vi}\u001b[?1049l\u001b[?1l\u001b[?25h\u001b[?1000;1006l`));
    expect(modes.undo()).toBe('\u001b>\u001b[0m');
  });

  it('sees sequences that are cut anywhere', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(vi.length)), (cuts) => {
        const modes = createHostModes();
        let at = 0;
        for (const cut of [...cuts.toSorted((a, b) => a - b), vi.length]) {
          modes.track(bytes(vi.slice(at, cut)));
          at = cut;
        }
        const whole = createHostModes();
        whole.track(bytes(vi));
        expect(modes.undo()).toBe(whole.undo());
      }),
    );
  });
});

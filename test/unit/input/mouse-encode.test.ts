import { describe, expect, it } from 'vitest';
import { encodeMouse } from '../../../src/input/mouse-encode.js';
import type { InnerModes, MouseEvent } from '../../../src/input/types.js';

const RECT = { x: 10, y: 5, cols: 300, rows: 24 };
const event = (change: Partial<MouseEvent> = {}): MouseEvent => ({
  type: 'mouse',
  action: 'press',
  button: 'left',
  x: 14,
  y: 8,
  shift: false,
  meta: false,
  ctrl: false,
  raw: new Uint8Array(),
  ...change,
});
function encode(
  change: Partial<MouseEvent>,
  mouseTracking: InnerModes['mouseTracking'],
  mouseEncoding: InnerModes['mouseEncoding'] = 'sgr',
) {
  const modes = { mouseTracking, mouseEncoding } as InnerModes;
  const bytes = encodeMouse(event(change), modes, RECT);
  return bytes && Buffer.from(bytes).toString('latin1');
}

describe('mouse for the program', () => {
  it.each([
    ['sgr', {}, '\x1b[<0;5;4M'],
    ['sgr', { action: 'release' }, '\x1b[<0;5;4m'],
    ['sgr', { action: 'drag', button: 'right', ctrl: true }, '\x1b[<50;5;4M'],
    ['sgr', { action: 'wheel-down', button: 'none', meta: true }, '\x1b[<73;5;4M'],
    ['sgr', { button: 'back' }, '\x1b[<128;5;4M'],
    ['sgr-pixels', {}, '\x1b[<0;5;4M'],
    ['urxvt', {}, '\x1b[32;5;4M'],
    ['urxvt', { action: 'release', button: 'right' }, '\x1b[35;5;4M'],
    ['default', {}, '\x1b[M %$'],
    ['default', { action: 'release', button: 'right' }, '\x1b[M#%$'],
    ['utf8', { x: 109 }, '\x1b[M \xc2\x84$'],
  ] as const)('%s %j', (encoding, change, expected) => {
    expect(encode(change, 'any', encoding)).toBe(expected);
  });

  it('is nothing when the encoding cannot say the column', () => {
    expect(encode({ x: 10 + 223 }, 'any', 'default')).toBeNull();
    expect(encode({ x: 10 + 222 }, 'any', 'default')).toBe('\x1b[M \xff$');
    expect(encode({ x: 10 + 223 }, 'any', 'sgr')).toBe('\x1b[<0;224;4M');
  });

  it.each([
    ['none', []],
    ['x10', ['press']],
    ['vt200', ['press', 'release', 'wheel-up']],
    ['drag', ['press', 'release', 'drag', 'wheel-up']],
    ['any', ['press', 'release', 'drag', 'move', 'wheel-up']],
  ] as const)('%s gets %j', (tracking, wanted) => {
    const actions = ['press', 'release', 'drag', 'move', 'wheel-up'] as const;
    const got = actions.filter((action) =>
      encode({ action, button: action === 'wheel-up' || action === 'move' ? 'none' : 'left' }, tracking),
    );
    expect(got).toEqual(wanted);
  });

  it('has no modifiers in the X10 mode', () => {
    expect(encode({ ctrl: true, shift: true }, 'x10', 'default')).toBe('\x1b[M %$');
  });
});

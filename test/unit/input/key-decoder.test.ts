import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { InputEvent } from '../../../src/input/key-decoder.js';
import { createKeyDecoder } from '../../../src/input/key-decoder.js';

/** Decodes pieces without any time passing between them, then lets all waits end. */
function decode(...pieces: (string | Uint8Array)[]): InputEvent[] {
  return decodeWithRaw(pieces).events;
}
function decodeWithRaw(pieces: readonly (string | Uint8Array)[]): { events: InputEvent[]; raw: Buffer } {
  const events: InputEvent[] = [];
  const raws: Uint8Array[] = [];
  const decoder = createKeyDecoder({
    onToken: (raw, event) => {
      raws.push(raw);
      if (event) events.push(event);
    },
    setTimeout: () => 1,
    clearTimeout: () => {},
  });
  for (const piece of pieces) decoder.feed(typeof piece === 'string' ? Buffer.from(piece) : piece);
  decoder.flush();
  return { events, raw: Buffer.concat(raws) };
}
const names = (...pieces: (string | Uint8Array)[]) =>
  decode(...pieces).map((event) => (event.type === 'key' ? event.key : event.type));
const withoutRaw = (events: readonly InputEvent[]) => events.map(({ raw: _, ...rest }) => rest);

const KEYS: readonly (readonly [string, string])[] = [
  ['a', 'a'],
  ['G', 'G'],
  ['?', '?'],
  [' ', 'space'],
  ['é', 'é'],
  ['日', '日'],
  ['🚀', '🚀'],
  ['\r', 'enter'],
  ['\n', 'C-j'],
  ['\t', 'tab'],
  ['\x1b', 'esc'],
  ['\x7f', 'backspace'],
  ['\x08', 'backspace'],
  ['\x00', 'C-space'],
  ['\x01', 'C-a'],
  ['\x1a', 'C-z'],
  ['\x1c', 'C-\\'],
  ['\x1d', 'C-]'],
  ['\x1e', 'C-^'],
  ['\x1f', 'C-_'],
  ['\x1bx', 'M-x'],
  ['\x1bX', 'M-X'],
  ['\x1bé', 'M-é'],
  ['\x1b ', 'M-space'],
  ['\x1b\r', 'M-enter'],
  ['\x1b\x7f', 'M-backspace'],
  ['\x1b\x01', 'C-M-a'],
  ['\x1b[', 'M-['],
  ['\x1bO', 'M-O'],
  ['\x1b]', 'M-]'],
  ['\x1b[A', 'up'],
  ['\x1bOA', 'up'],
  ['\x1b[1;2A', 'S-up'],
  ['\x1b[1;5D', 'C-left'],
  ['\x1b[1;6C', 'C-S-right'],
  ['\x1b[1;3B', 'M-down'],
  ['\x1b[1;8H', 'C-M-S-home'],
  ['\x1bO5C', 'C-right'],
  ['\x1b\x1b[A', 'M-up'],
  ['\x1b\x1bOB', 'M-down'],
  ['\x1b[a', 'S-up'],
  ['\x1bOa', 'C-up'],
  ['\x1b[Z', 'S-tab'],
  ['\x1b[H', 'home'],
  ['\x1b[F', 'end'],
  ['\x1b[1~', 'home'],
  ['\x1b[7~', 'home'],
  ['\x1b[4~', 'end'],
  ['\x1b[2~', 'insert'],
  ['\x1b[3~', 'delete'],
  ['\x1b[3;5~', 'C-delete'],
  ['\x1b[5~', 'pageup'],
  ['\x1b[6~', 'pagedown'],
  ['\x1b[5$', 'S-pageup'],
  ['\x1b[5^', 'C-pageup'],
  ['\x1b[5@', 'C-S-pageup'],
  ['\x1bOP', 'f1'],
  ['\x1b[[A', 'f1'],
  ['\x1b[11~', 'f1'],
  ['\x1b[1;2R', 'S-f3'],
  ['\x1b[15~', 'f5'],
  ['\x1b[15;2~', 'S-f5'],
  ['\x1b[24~', 'f12'],
  ['\x1b[34~', 'f20'],
  ['\x1bOM', 'enter'],
  ['\x1bOq', '1'],
  ['\x1b[97;5u', 'C-a'],
  ['\x1b[97;6u', 'C-S-a'],
  ['\x1b[97u', 'a'],
  ['\x1b[97;2u', 'A'],
  ['\x1b[49:33;2u', '!'],
  ['\x1b[97;3u', 'M-a'],
  ['\x1b[93;5u', 'C-]'],
  ['\x1b[13;2u', 'S-enter'],
  ['\x1b[27u', 'esc'],
  ['\x1b[9;2u', 'S-tab'],
  ['\x1b[127;5u', 'C-backspace'],
  ['\x1b[57376u', 'f13'],
  ['\x1b[57417;5u', 'C-left'],
  ['\x1b[57400u', '1'],
  ['\x1b[27;5;13~', 'C-enter'],
  ['\x1b[27;6;65~', 'C-S-a'],
  ['\x1b[99~', 'unknown'],
  ['\x1b[?x', 'unknown'],
  ['\xff', 'ÿ'],
];

describe('keys', () => {
  it.each(KEYS)('%j is %s', (bytes, name) => {
    expect(names(bytes)).toEqual([name]);
  });

  it('say what they type', () => {
    const texts = decode('aé \x1b[97;2u\x1b[49:33;2u\x1bOj\x1bx\x01\x1b[A\r').map((event) => event.type === 'key' && event.text);
    expect(texts).toEqual(['a', 'é', ' ', 'A', '!', '*', '', '', '', '']);
  });

  it('are not made of a release, or of a modifier pressed alone', () => {
    expect(decode('\x1b[97;1:3u\x1b[1;1:3A\x1b[57441;2u')).toEqual([]);
    expect(names('\x1b[97;1:2u')).toEqual(['a']);
  });

  it('after Esc are themselves when both came together', () => {
    expect(names('\x1b\x1b')).toEqual(['esc', 'esc']);
    expect(names('\x1b\x1b[<0;1;1M')).toEqual(['esc', 'mouse']);
    expect(names('\x1b\x1b[I')).toEqual(['esc', 'focus']);
    expect(names('\x1b\x1b[200~x\x1b[201~')).toEqual(['esc', 'paste']);
    expect(names('\x1b\x1ba')).toEqual(['esc', 'M-a']);
    expect(names('\x1b[\x1b[A')).toEqual(['M-[', 'up']);
  });

  it('are one each in a burst', () => {
    expect(names('jjk\x1b[B\x1bOAq')).toEqual(['j', 'j', 'k', 'down', 'up', 'q']);
  });

  it('of rubbish bytes are unknown, and nothing after them is lost', () => {
    expect(names(Uint8Array.of(0xff, 0xc3, 0x61, 0xe2, 0x82, 0x62))).toEqual(['unknown', 'unknown', 'a', 'unknown', 'b']);
  });
});

describe('mouse', () => {
  it.each([
    ['\x1b[<0;1;1M', { action: 'press', button: 'left', x: 0, y: 0, shift: false }],
    ['\x1b[<2;300;120M', { action: 'press', button: 'right', x: 299, y: 119 }],
    ['\x1b[<0;5;6m', { action: 'release', button: 'left', x: 4, y: 5 }],
    ['\x1b[<32;5;6M', { action: 'drag', button: 'left' }],
    ['\x1b[<35;5;6M', { action: 'move', button: 'none' }],
    ['\x1b[<64;5;6M', { action: 'wheel-up', button: 'none' }],
    ['\x1b[<65;5;6M', { action: 'wheel-down' }],
    ['\x1b[<67;5;6M', { action: 'wheel-right' }],
    ['\x1b[<128;5;6M', { action: 'press', button: 'back' }],
    ['\x1b[<28;5;6M', { action: 'press', button: 'left', shift: true, meta: true, ctrl: true }],
    ['\x1b[M !!', { action: 'press', button: 'left', x: 0, y: 0 }],
    ['\x1b[M#%&', { action: 'release', x: 4, y: 5 }],
    ['\x1b[32;5;6M', { action: 'press', button: 'left', x: 4, y: 5 }],
    ['\x1b[35;5;6M', { action: 'release', x: 4, y: 5 }],
  ])('%j', (bytes, expected) => {
    expect(decode(bytes)).toHaveLength(1);
    expect(decode(bytes)[0]).toMatchObject({ type: 'mouse', ...expected });
  });

  it('takes raw bytes beyond ASCII in the first protocol', () => {
    expect(decode(Uint8Array.of(0x1b, 0x5b, 0x4d, 0x20, 0xff, 0xc3))[0]).toMatchObject({ type: 'mouse', x: 222, y: 162 });
  });
});

describe('answers of the terminal are no keys', () => {
  it.each([
    ['\x1b[?64;1;2c', 'primary-da', '?64;1;2'],
    ['\x1b[>41;354;0c', 'secondary-da', '>41;354;0'],
    ['\x1bP!|00000000\x1b\\', 'tertiary-da', '00000000'],
    ['\x1b[12;40R', 'cursor-position', '12;40'],
    ['\x1b[?1;2;1R', 'cursor-position', '?1;2;1'],
    ['\x1b[0n', 'status', '0'],
    ['\x1b[?2026;2$y', 'mode', '?2026;2$'],
    ['\x1b[?5u', 'kitty-flags', '?5'],
    ['\x1b[8;24;80t', 'window', '8;24;80'],
    ['\x1b]11;rgb:0000/0000/0000\x1b\\', 'osc', '11;rgb:0000/0000/0000'],
    ['\x1b]11;rgb:ffff/ffff/ffff\x07', 'osc', '11;rgb:ffff/ffff/ffff'],
    ['\x1bP>|tmux 3.3a\x1b\\', 'dcs', '>|tmux 3.3a'],
  ])('%j', (bytes, kind, data) => {
    expect(withoutRaw(decode(bytes))).toEqual([{ type: 'reply', kind, data }]);
  });
});

describe('paste', () => {
  it('is one event, whatever is in it', () => {
    const text = 'q\x03\x1d\x1b[A\x1b[201\x1b[20\r\nüü';
    expect(withoutRaw(decode(`a\x1b[200~${text}\x1b[201~b`))).toMatchObject([
      { type: 'key', key: 'a' },
      { type: 'paste', text },
      { type: 'key', key: 'b' },
    ]);
    expect(decode('\x1b[200~\x1b[201~')[0]).toMatchObject({ type: 'paste', text: '' });
  });

  it('is one event of megabytes in small pieces', () => {
    const body = 'line of text\r'.repeat(200_000);
    const whole = Buffer.from(`\x1b[200~${body}\x1b[201~`);
    const pieces: Uint8Array[] = [];
    for (let i = 0; i < whole.length; i += 1021) pieces.push(whole.subarray(i, i + 1021));
    const events = decode(...pieces);
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({ type: 'paste' });
    expect(events[0]?.type === 'paste' && events[0].text === body).toBe(true);
  });

  it('whose end never comes does not swallow the keyboard', () => {
    const events: InputEvent[] = [];
    let fire = () => {};
    const decoder = createKeyDecoder({
      onToken: (_, event) => event && events.push(event),
      setTimeout: (run) => {
        fire = run;
        return 1;
      },
      clearTimeout: () => {},
    });
    decoder.feed(Buffer.from('\x1b[200~half'));
    expect(events).toEqual([]);
    fire();
    decoder.feed(Buffer.from('q'));
    expect(withoutRaw(events)).toMatchObject([
      { type: 'paste', text: 'half' },
      { type: 'key', key: 'q' },
    ]);
  });
});

describe('time', () => {
  it('tells Esc from the start of a sequence, with a longer wait once it has begun', () => {
    const waits: number[] = [];
    const events: InputEvent[] = [];
    let fire = () => {};
    const decoder = createKeyDecoder({
      onToken: (_, event) => event && events.push(event),
      setTimeout: (run, delayMs) => {
        waits.push(delayMs);
        fire = run;
        return waits.length;
      },
      clearTimeout: () => {},
    });
    decoder.feed(Buffer.from('\x1b'));
    fire();
    expect(events.map((event) => event.type === 'key' && event.key)).toEqual(['esc']);
    decoder.feed(Buffer.from('\x1b[1;'));
    decoder.feed(Buffer.from('5A'));
    expect(events.at(-1)).toMatchObject({ key: 'C-up' });
    expect(waits[0]).toBe(30);
    expect(waits[1]).toBeGreaterThan(100);
    expect(waits).toHaveLength(2);
  });
});

describe('any split of any input', () => {
  const fragment = fc.oneof(
    fc.constantFrom(...KEYS.map(([bytes]) => bytes)),
    fc.constantFrom(
      '\x1b[<0;10;20M',
      '\x1b[<65;1;1M',
      '\x1b[M !!',
      '\x1b[I',
      '\x1b[O',
      '\x1b[200~a\x1b[Bq\x1b[201~',
      '\x1b]11;rgb:1/2/3\x07',
      '\x1b[?62c',
    ),
    fc.string({ unit: 'grapheme', maxLength: 4 }),
    fc.constantFrom('\x1b', '[', 'O', ']', '\x1b\\', '\x07', '200~', '\x1b[200~', '\x1b[201~', ';', '1', '<', 'M', '$'),
  );
  const bytesOf = fc.oneof(
    fc.array(fragment, { maxLength: 12 }).map((parts) => new Uint8Array(Buffer.from(parts.join('')))),
    fc.uint8Array({ maxLength: 40 }),
  );

  it('gives the same events, and every byte once and in order', () => {
    fc.assert(
      fc.property(bytesOf, fc.array(fc.nat(60), { maxLength: 8 }), (bytes, cuts) => {
        const whole = decodeWithRaw([bytes]);
        const borders = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
        const pieces = borders.slice(1).map((end, index) => bytes.slice(borders[index], end));
        const split = decodeWithRaw(pieces);
        expect(withoutRaw(split.events)).toEqual(withoutRaw(whole.events));
        expect(whole.raw.equals(bytes)).toBe(true);
        expect(split.raw.equals(bytes)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });
});

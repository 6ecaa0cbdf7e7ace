import { describe, expect, it } from 'vitest';
import { parseLeaveKey } from '../../../src/input/leave-key.js';
import type { ModeChange, RouterOptions } from '../../../src/input/router.js';
import { createRouter } from '../../../src/input/router.js';
import type { InnerModes, InputEvent, ProgramTarget } from '../../../src/input/types.js';

const MODES: InnerModes = {
  applicationCursorKeys: false,
  bracketedPaste: false,
  mouseTracking: 'none',
  mouseEncoding: 'default',
  sendFocus: false,
  alternateScreen: false,
  alternateScroll: true,
};

function setUp(modes: Partial<InnerModes> = {}, options: RouterOptions = {}) {
  const written: string[] = [];
  const events: InputEvent[] = [];
  const changes: ModeChange[] = [];
  const timers: (() => void)[] = [];
  const target: ProgramTarget = {
    modes: { ...MODES, ...modes },
    rect: () => ({ x: 10, y: 5, cols: 80, rows: 24 }),
    write: (data) => written.push(Buffer.from(data).toString('latin1')),
  };
  const router = createRouter({ setTimeout: (run) => timers.push(run), clearTimeout: () => {}, ...options });
  router.onEvent((event) => events.push(event));
  router.onModeChange((change) => changes.push(change));
  const type = (text: string) => router.feed(Buffer.from(text));
  const passTime = () => timers.splice(0).forEach((run) => void run());
  return { router, target, written, events, changes, type, passTime };
}
const keys = (events: readonly InputEvent[]) => events.map((event) => (event.type === 'key' ? event.key : event.type));

describe('terminal mode', () => {
  it('gives every byte to the program, in one piece per chunk', () => {
    const { router, target, written, events, type, passTime } = setUp();
    router.enterTerminal(target);
    const bytes = 'q:\x03\x04\x1a\x1b\x1bOP\x1b[15~\x00\x02\x10\x11';
    type(bytes);
    passTime();
    expect(written).toEqual([bytes]);
    type('\x1b');
    expect(written).toHaveLength(1);
    passTime();
    expect(written[1]).toBe('\x1b');
    expect(events).toEqual([]);
  });

  it('gives bytes that are no UTF-8 and no sequence as they are', () => {
    const { router, target, written } = setUp();
    router.enterTerminal(target);
    router.feed(Uint8Array.of(0xff, 0xfe, 0x80, 0x41));
    expect(written).toEqual(['\xff\xfe\x80A']);
  });

  it('is left by the leave key, and the rest of the chunk goes to the screen', () => {
    const { router, target, written, events, changes, type } = setUp();
    router.enterTerminal(target);
    type('ls\x1dz');
    expect(written).toEqual(['ls']);
    expect(keys(events)).toEqual(['z']);
    expect(changes).toEqual(['entered', 'leave-key']);
    expect(router.mode).toBe('normal');
  });

  it('goes on when the leave key is pressed twice, and the program gets one', () => {
    const { router, target, written, events, changes, type } = setUp();
    router.enterTerminal(target);
    type('\x1d');
    type('\x1dx');
    expect(written.join('')).toBe('\x1dx');
    expect(changes).toEqual(['entered', 'leave-key', 'resumed']);
    type('\x1dj\x1d');
    expect(keys(events)).toEqual(['j', 'C-]']);
    expect(router.mode).toBe('normal');
  });

  it('takes another leave key, a function key too, and then ^] is the program’s', () => {
    const { router, target, written, changes, type } = setUp({}, { leaveKey: parseLeaveKey('f12') });
    router.enterTerminal(target);
    type('\x1d\x1b[24~\x1b[24~');
    expect(written.join('')).toBe('\x1d\x1b[24~');
    expect(changes).toEqual(['entered', 'leave-key', 'resumed']);
  });

  it('does not leave for a leave key inside of a paste', () => {
    const { router, target, written, type } = setUp({ bracketedPaste: true });
    router.enterTerminal(target);
    type('\x1b[200~a\x1db\nc\x1b[201~');
    expect(router.mode).toBe('terminal');
    expect(written).toEqual(['\x1b[200~a\x1db\nc\x1b[201~']);
  });

  it('sends cursor keys as the program’s mode wants them', () => {
    const csi = setUp();
    csi.router.enterTerminal(csi.target);
    csi.type('\x1bOA\x1b[B\x1bOH\x1b[1;5C\x1bOP');
    expect(csi.written).toEqual(['\x1b[A\x1b[B\x1b[H\x1b[1;5C\x1bOP']);
    const ss3 = setUp({ applicationCursorKeys: true });
    ss3.router.enterTerminal(ss3.target);
    ss3.type('\x1b[A\x1bOB\x1b[F\x1b[1;5C\x1b[3~');
    expect(ss3.written).toEqual(['\x1bOA\x1bOB\x1bOF\x1b[1;5C\x1b[3~']);
  });
});

describe('paste', () => {
  it('of one line goes to a program without brackets, of several lines to the screen to be confirmed', () => {
    const { router, target, written, events, type } = setUp();
    router.enterTerminal(target);
    type('\x1b[200~one line\r\x1b[201~');
    expect(written).toEqual(['one line\r']);
    type('\x1b[200~rm a\rrm b\r\x1b[201~');
    expect(written).toHaveLength(1);
    expect(events).toMatchObject([{ type: 'paste', text: 'rm a\rrm b\r' }]);
    router.paste(target, Buffer.from('rm a\rrm b\r'));
    expect(written[1]).toBe('rm a\rrm b\r');
  });

  it('cannot end its own brackets', () => {
    const { router, target, written } = setUp({ bracketedPaste: true });
    router.paste(target, Buffer.from('a\x1b[20\x1b[201~1~b'));
    expect(written).toEqual(['\x1b[200~ab\x1b[201~']);
  });
});

describe('mouse', () => {
  it('is the screen’s while the program does not track it', () => {
    const { router, target, written, events, type } = setUp();
    router.enterTerminal(target);
    type('\x1b[<0;20;10M\x1b[<64;20;10M');
    expect(written).toEqual([]);
    expect(events).toMatchObject([{ action: 'press' }, { action: 'wheel-up' }]);
  });

  it('is re-based for a program that tracks it, inside of the pane and without Shift', () => {
    const { router, target, written, events, type } = setUp({ mouseTracking: 'vt200', mouseEncoding: 'sgr' });
    router.enterTerminal(target);
    type('\x1b[<0;11;6M\x1b[<0;11;6m\x1b[<65;90;29M');
    expect(written).toEqual(['\x1b[<0;1;1M\x1b[<0;1;1m\x1b[<65;80;24M']);
    type('\x1b[<0;10;6M\x1b[<4;20;10M');
    expect(events).toMatchObject([{ x: 9 }, { shift: true }]);
  });

  it('stays with who got the press until the release', () => {
    const inside = setUp({ mouseTracking: 'drag', mouseEncoding: 'sgr' });
    inside.router.enterTerminal(inside.target);
    inside.type('\x1b[<0;12;7M\x1b[<32;2;2M\x1b[<0;200;99m\x1b[<0;2;2M');
    expect(inside.written).toEqual(['\x1b[<0;2;2M\x1b[<32;1;1M\x1b[<0;80;24m']);
    expect(inside.events).toMatchObject([{ action: 'press', x: 1 }]);
    inside.type('\x1b[<32;20;10M\x1b[<0;20;10m\x1b[<0;20;10M');
    expect(inside.events).toHaveLength(3);
    expect(inside.written[1]).toBe('\x1b[<0;10;5M');
  });

  it('wheel is cursor keys on an alternate screen without mouse support', () => {
    const { router, target, written, type } = setUp({ alternateScreen: true, applicationCursorKeys: true });
    router.enterTerminal(target);
    type('\x1b[<65;20;10M');
    expect(written).toEqual(['\x1bOB\x1bOB\x1bOB']);
  });
});

describe('the rest', () => {
  it('focus goes to both, if the program asked for it', () => {
    const silent = setUp();
    silent.router.enterTerminal(silent.target);
    silent.type('\x1b[I');
    expect(silent.written).toEqual([]);
    const asking = setUp({ sendFocus: true });
    asking.router.enterTerminal(asking.target);
    asking.type('\x1b[O');
    expect(asking.written).toEqual(['\x1b[O']);
    expect(asking.events).toMatchObject([{ type: 'focus', isFocused: false }]);
  });

  it('answers of the host terminal never reach the program', () => {
    const { router, target, written, events, type } = setUp();
    router.enterTerminal(target);
    type('\x1b]11;rgb:0/0/0\x07\x1b[?62c\x1b[24;80R');
    expect(written).toEqual([]);
    expect(events.map((event) => event.type)).toEqual(['reply', 'reply', 'reply']);
  });

  it('normal mode gives events and writes nothing', () => {
    const { written, events, type } = setUp();
    type('jq\x1b[A\x1b[200~q\x1b[201~');
    expect(keys(events)).toEqual(['j', 'q', 'up', 'paste']);
    expect(written).toEqual([]);
  });

  it('reports the end of stdin once, and nothing after a detach', async () => {
    const { PassThrough } = await import('node:stream');
    const { router, events } = setUp();
    const ends: (Error | null)[] = [];
    router.onEnd((error) => ends.push(error));
    const stdin = new PassThrough();
    router.attach(stdin);
    stdin.write('a');
    await new Promise((done) => setImmediate(done));
    router.detach();
    stdin.write('b');
    await new Promise((done) => setImmediate(done));
    expect(keys(events)).toEqual(['a']);
    router.attach(stdin);
    stdin.destroy(Object.assign(new Error('gone'), { code: 'EIO' }));
    await new Promise((done) => setTimeout(done, 5));
    expect(keys(events)).toEqual(['a', 'b']);
    expect(ends).toHaveLength(1);
  });
});

it('holds what comes until it is known who it is for, which may be a program by then', () => {
  const { router, target, written, events, type, passTime } = setUp();
  type('a');
  const hold = router.hold();
  type('b\x1b[A');
  type('\x1b');
  passTime();
  expect(keys(events)).toEqual(['a']);
  router.enterTerminal(target);
  hold.dispose();
  hold.dispose();
  type('c');
  expect(written.join('')).toBe('b\x1b[A\x1bc');
  expect(keys(events)).toEqual(['a']);
});

it('goes on holding where a key that was held asks for it', () => {
  const { router, events, type } = setUp();
  const holds = [router.hold()];
  router.onEvent((event) => {
    if (event.type === 'key' && event.key === 'enter') holds.push(router.hold());
  });
  type('a\rb');
  holds[0]!.dispose();
  type('c');
  expect(keys(events)).toEqual(['a', 'enter']);
  holds[1]!.dispose();
  expect(keys(events)).toEqual(['a', 'enter', 'b', 'c']);
});

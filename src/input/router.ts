/**
 * Where the bytes of the keyboard go. Owns stdin: in normal mode events go to the screen; in terminal mode the bytes go to the program
 * untouched, except the leave key, and except mouse, paste and focus, which are encoded as the program asked for them.
 */
import type { Disposable } from '../platform/byte-channel.js';
import { createKeyDecoder } from './key-decoder.js';
import { DEFAULT_LEAVE_KEY } from './leave-key.js';
import { encodeMouse, encodeWheelAsKeys, isInside } from './mouse-encode.js';
import { encodeKey, encodePaste, hasSeveralLines } from './program-encode.js';
import type { ModeChange, Router, RouterOptions } from './router-types.js';
import type { InputEvent, MouseEvent, PasteEvent, ProgramTarget } from './types.js';

export type * from './router-types.js';

const TERMINAL_ESCAPE_TIMEOUT_MS = 10;
const ESCAPE_TIMEOUT_MS = 30;

/** Makes the router; `attach` gives it stdin. */
export function createRouter(options: RouterOptions = {}): Router {
  const leaveKey = options.leaveKey ?? DEFAULT_LEAVE_KEY;
  const confirmMultilinePaste = options.confirmMultilinePaste ?? true;
  const eventListeners = new Set<(event: InputEvent, mode: 'normal' | 'terminal') => void>();
  const modeListeners = new Set<(change: ModeChange) => void>();
  const endListeners = new Set<(error: Error | null) => void>();
  let target: ProgramTarget | null = null;
  /** The program that the leave key was pressed in, as long as no other key was. */
  let left: ProgramTarget | null = null;
  /** Who has had the press: the drag and the release are theirs as well, wherever they are. */
  let mouseOwner: 'program' | 'screen' | null = null;
  let held: { readonly raw: Uint8Array; readonly event: InputEvent | null }[] | null = null;
  let output: { readonly to: ProgramTarget; readonly pieces: Uint8Array[] } | null = null;
  let detachStdin: (() => void) | null = null;

  const decoder = createKeyDecoder({
    onToken: (raw, event) => deliver(raw, event),
    escapeTimeoutMs: () =>
      target ? (options.terminalEscapeTimeoutMs ?? TERMINAL_ESCAPE_TIMEOUT_MS) : (options.escapeTimeoutMs ?? ESCAPE_TIMEOUT_MS),
    setTimeout: (run, delayMs) =>
      (options.setTimeout ?? setTimeout)(() => {
        run();
        flushOutput();
      }, delayMs),
    clearTimeout: options.clearTimeout ?? ((handle) => clearTimeout(handle as NodeJS.Timeout)),
  });

  const deliver = (raw: Uint8Array, event: InputEvent | null): void => {
    if (held) held.push({ raw, event });
    else if (target) inTerminal(target, raw, event);
    else if (event) inNormal(event);
  };
  /** Keys of one chunk are written in one piece, and always before anything else happens. */
  const send = (to: ProgramTarget, data: Uint8Array) => {
    if (output && output.to !== to) flushOutput();
    output ??= { to, pieces: [] };
    output.pieces.push(data);
  };
  const flushOutput = () => {
    if (!output) return;
    const { to, pieces } = output;
    output = null;
    to.write(pieces.length === 1 ? pieces[0]! : new Uint8Array(Buffer.concat(pieces)));
  };
  const report = (event: InputEvent, mode: 'normal' | 'terminal') => {
    flushOutput();
    for (const listener of [...eventListeners]) listener(event, mode);
  };
  const change = (kind: ModeChange) => {
    flushOutput();
    for (const listener of [...modeListeners]) listener(kind);
  };

  const inNormal = (event: InputEvent) => {
    if (event.type === 'key' || event.type === 'paste') {
      const again = left;
      left = null;
      if (again && event.type === 'key' && event.key === leaveKey.key) {
        target = again;
        send(again, leaveKey.bytes);
        change('resumed');
        return;
      }
    }
    report(event, 'normal');
  };

  const inTerminal = (to: ProgramTarget, raw: Uint8Array, event: InputEvent | null) => {
    if (!event) return send(to, raw);
    switch (event.type) {
      case 'key':
        if (event.key !== leaveKey.key) return send(to, encodeKey(raw, to.modes));
        setTarget(null);
        left = to;
        return change('leave-key');
      case 'paste':
        return pasteInTerminal(to, event);
      case 'mouse':
        return mouseInTerminal(to, event);
      case 'focus':
        if (to.modes.sendFocus) send(to, raw);
        return report(event, 'terminal');
      case 'reply':
        return report(event, 'terminal');
    }
  };

  const pasteInTerminal = (to: ProgramTarget, event: PasteEvent) => {
    if (confirmMultilinePaste && !to.modes.bracketedPaste && hasSeveralLines(event.data)) report(event, 'terminal');
    else send(to, encodePaste(event.data, to.modes));
  };

  const mouseInTerminal = (to: ProgramTarget, event: MouseEvent) => {
    const rect = to.rect();
    const owner = event.action === 'drag' || event.action === 'release' ? mouseOwner : null;
    if (event.action === 'release') mouseOwner = null;
    const data = encodeMouse(event, to.modes, rect) ?? encodeWheelAsKeys(event, to.modes);
    const isForProgram = owner === null ? isInside(event, rect) && !event.shift : owner === 'program';
    // A program that tracks only presses has no use for a drag in its pane, but neither has the screen.
    if (isForProgram && (data !== null || to.modes.mouseTracking !== 'none')) {
      if (event.action === 'press') mouseOwner = 'program';
      if (data) send(to, data);
      return;
    }
    if (event.action === 'press') mouseOwner = 'screen';
    report(event, 'terminal');
  };

  const setTarget = (next: ProgramTarget | null) => {
    flushOutput();
    target = next;
    left = null;
    mouseOwner = null;
  };
  const feed = (data: Uint8Array) => {
    decoder.feed(data);
    flushOutput();
  };

  return {
    get mode() {
      return target ? 'terminal' : 'normal';
    },
    get target() {
      return target;
    },
    attach(stdin) {
      detachStdin?.();
      detachStdin = listen(stdin, feed, (error) => {
        for (const listener of [...endListeners]) listener(error);
      });
    },
    detach() {
      detachStdin?.();
      detachStdin = null;
      decoder.reset();
      held = null;
    },
    feed,
    enterTerminal(next) {
      if (target === next) return;
      setTarget(next);
      change('entered');
    },
    leaveTerminal() {
      if (!target) return;
      setTarget(null);
      change('left');
    },
    hold() {
      const tokens: typeof held = [];
      held ??= tokens;
      return {
        dispose() {
          if (held !== tokens) return;
          held = null;
          for (const { raw, event } of tokens) deliver(raw, event);
          flushOutput();
        },
      };
    },
    onEvent: (listener) => add(eventListeners, listener),
    onModeChange: (listener) => add(modeListeners, listener),
    onEnd: (listener) => add(endListeners, listener),
    paste: (to, data) => to.write(encodePaste(data, to.modes)),
    sendLeaveKey: (to) => to.write(leaveKey.bytes),
    dispose() {
      detachStdin?.();
      detachStdin = null;
      decoder.reset();
      eventListeners.clear();
      modeListeners.clear();
      endListeners.clear();
      target = left = null;
    },
  };
}

/** Reads `stdin` until the returned function is called; its end is reported once. */
function listen(
  stdin: NodeJS.ReadableStream,
  onData: (data: Uint8Array) => void,
  onEnd: (error: Error | null) => void,
): () => void {
  let hasEnded = false;
  const end = (error: Error | null) => {
    if (hasEnded) return;
    hasEnded = true;
    onEnd(error);
  };
  const data = (chunk: Buffer | string) => onData(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  const ended = () => end(null);
  const failed = (error: Error) => end(error);
  stdin.on('data', data);
  stdin.on('end', ended);
  stdin.on('close', ended);
  stdin.on('error', failed);
  stdin.resume();
  return () => {
    hasEnded = true;
    stdin.off('data', data);
    stdin.off('end', ended);
    stdin.off('close', ended);
    stdin.off('error', failed);
    stdin.pause();
  };
}

function add<T>(listeners: Set<T>, listener: T): Disposable {
  listeners.add(listener);
  return { dispose: () => listeners.delete(listener) };
}

/**
 * The modes that the program has switched on. Most are the library's; those it ignores (alternate scroll 1007, mouse encodings 1005 and
 * 1015) and the time limit of synchronized output are kept here.
 */
import type { Terminal } from '@xterm/headless';
import type { Disposable } from '../platform/byte-channel.js';
import type { EmulatorModes, MouseEncoding } from './types.js';
import type { XtermInternals } from './xterm-internals.js';

/** A program that dies inside of a frame must not freeze its pane; terminals allow 150 ms to 1 s. */
const SYNC_LIMIT_MS = 150;

export interface ModeWatch extends Disposable {
  readonly current: EmulatorModes;
}

export function watchModes(terminal: Terminal, internals: XtermInternals, markDirty: () => void): ModeWatch {
  let hasAlternateScroll = true;
  let oldEncoding: MouseEncoding | null = null;
  let syncTimer: NodeJS.Timeout | null = null;
  let isSyncExpired = false;

  const stopSync = () => {
    if (syncTimer) clearTimeout(syncTimer);
    syncTimer = null;
  };
  const startSync = () => {
    isSyncExpired = false;
    syncTimer ??= setTimeout(() => {
      syncTimer = null;
      isSyncExpired = true;
      markDirty();
    }, SYNC_LIMIT_MS).unref();
  };
  const set = (mode: number, isOn: boolean) => {
    if (mode === 1007) hasAlternateScroll = isOn;
    else if (mode === 1005) oldEncoding = isOn ? 'utf8' : null;
    else if (mode === 1015) oldEncoding = isOn ? 'urxvt' : null;
    else if (mode === 1006 || mode === 1016) oldEncoding = null;
    else if (mode === 2026) isOn ? startSync() : stopSync();
  };
  const restart = () => {
    hasAlternateScroll = true;
    oldEncoding = null;
    stopSync();
    internals.showCursor();
  };
  const watch = (final: 'h' | 'l') =>
    terminal.parser.registerCsiHandler({ prefix: '?', final }, (params) => {
      for (const mode of params) if (typeof mode === 'number') set(mode, final === 'h');
      return false;
    });
  const handlers = [
    watch('h'),
    watch('l'),
    terminal.parser.registerEscHandler({ final: 'c' }, () => {
      restart();
      return false;
    }),
  ];
  const current: EmulatorModes = {
    get applicationCursorKeys() {
      return terminal.modes.applicationCursorKeysMode;
    },
    get applicationKeypad() {
      return terminal.modes.applicationKeypadMode;
    },
    get bracketedPaste() {
      return terminal.modes.bracketedPasteMode;
    },
    get mouseTracking() {
      return terminal.modes.mouseTrackingMode;
    },
    get mouseEncoding() {
      return internals.mouseEncoding === 'default' ? (oldEncoding ?? 'default') : internals.mouseEncoding;
    },
    get sendFocus() {
      return terminal.modes.sendFocusMode;
    },
    get alternateScreen() {
      return terminal.buffer.active.type === 'alternate';
    },
    get alternateScroll() {
      return hasAlternateScroll;
    },
    get cursorVisible() {
      return !internals.isCursorHidden;
    },
    get cursorShape() {
      return internals.cursorShape;
    },
    get cursorBlink() {
      return internals.cursorBlink;
    },
    get synchronizedOutput() {
      return terminal.modes.synchronizedOutputMode && !isSyncExpired;
    },
  };
  return {
    current,
    dispose() {
      stopSync();
      for (const handler of handlers) handler.dispose();
    },
  };
}

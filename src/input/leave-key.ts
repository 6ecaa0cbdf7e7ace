/**
 * The key that leaves the terminal pane: reading and checking its setting (`ctrl-]`, `^]`, `0x1d`, `f12`). It must be one control
 * byte or one function key that no program can do without.
 */
import { BxError } from '../platform/errors.js';

export interface LeaveKey {
  /** As the key decoder names it: `C-]`, `f12`. */
  readonly key: string;
  /** As hints show it: `^]`, `F12`. */
  readonly label: string;
  /** What is sent to the program when the key is pressed twice. */
  readonly bytes: Uint8Array;
  /** Why this choice hurts, a sentence; null when it does not. */
  readonly warning: string | null;
}

const F_KEY_SEQUENCES: readonly string[] = [
  '\x1bOP',
  '\x1bOQ',
  '\x1bOR',
  '\x1bOS',
  '\x1b[15~',
  '\x1b[17~',
  '\x1b[18~',
  '\x1b[19~',
  '\x1b[20~',
  '\x1b[21~',
  '\x1b[23~',
  '\x1b[24~',
];

const REFUSED: Readonly<Record<number, string>> = {
  3: 'it interrupts programs',
  4: 'it ends input',
  8: 'it is Backspace on some keyboards',
  9: 'it is Tab',
  10: 'it is Enter in some programs',
  13: 'it is Enter',
  27: 'it is Esc, and the start of every function key',
  127: 'it is Backspace',
};

const WARNED: Readonly<Record<number, string>> = {
  1: 'Ctrl-A goes to the beginning of the line in every shell and is the prefix of screen',
  2: 'Ctrl-B is the prefix of tmux, which keeps it for itself',
  26: 'Ctrl-Z suspends programs in the shell',
  28: 'Ctrl-\\ quits programs that do not react to Ctrl-C',
  0: 'many terminals and input methods keep Ctrl-Space for themselves',
};

const HINT = 'Use a control key such as "ctrl-]" (the default), "ctrl-^" or "ctrl-_", or a function key "f1" to "f12".';

/** The default: `Ctrl-]`, the escape of telnet and `virsh console`; byte 0x1d. */
export const DEFAULT_LEAVE_KEY: LeaveKey = parseLeaveKey('ctrl-]');

/** Reads the setting `terminal.leaveKey`. Throws `BxError('usage')` for a key that a program cannot do without. */
export function parseLeaveKey(setting: string): LeaveKey {
  const text = setting.trim();
  const functionKey = /^f(\d{1,2})$/i.exec(text);
  if (functionKey) return functionLeaveKey(setting, Number(functionKey[1]));
  const byte = controlByte(text);
  if (byte === null && /^[^,]+,./.test(text)) throw refusal(setting, 'only the line-mode monitor takes two keys');
  if (byte === null) throw refusal(setting, 'it is not a control key or a function key');
  const refused = REFUSED[byte];
  if (refused !== undefined) throw refusal(setting, refused);
  const name = controlName(byte);
  return {
    key: `C-${name}`,
    label: `^${name === 'space' ? 'Space' : name.toUpperCase()}`,
    bytes: Uint8Array.of(byte),
    warning: WARNED[byte] ?? null,
  };
}

/** A leave key of the line-mode monitor: one as above, or one and a character after it, as buildx had it: `ctrl-a,c`. */
export interface LeaveKeys extends LeaveKey {
  /** What must follow; null: nothing. */
  readonly second: Uint8Array | null;
}

/** Throws `BxError('usage')`. */
export function parseLeaveKeys(setting: string): LeaveKeys {
  const pair = /^(.+),\s*([!-~])$/.exec(setting.trim());
  if (pair === null) return { ...parseLeaveKey(setting), second: null };
  const [, first = '', then = ''] = pair;
  const key = parseLeaveKey(first);
  return { ...key, label: `${key.label} ${then}`, second: new TextEncoder().encode(then), warning: null };
}

function functionLeaveKey(setting: string, number: number): LeaveKey {
  const sequence = F_KEY_SEQUENCES[number - 1];
  if (sequence === undefined) throw refusal(setting, 'there are the function keys F1 to F12');
  return { key: `f${number}`, label: `F${number}`, bytes: new TextEncoder().encode(sequence), warning: null };
}

/** `ctrl-x`, `c-x`, `^x`, `0x18`, or the control character itself; null when it is none of them. */
function controlByte(text: string): number | null {
  const hex = /^0x([0-9a-f]{1,2})$/i.exec(text);
  if (hex) {
    const value = Number.parseInt(hex[1]!, 16);
    return value < 0x20 || value === 0x7f ? value : null;
  }
  const named = /^(?:ctrl[-+]|control[-+]|c-|\^)(.+)$/is.exec(text);
  const key = named?.[1]?.toLowerCase();
  if (key === undefined) return null;
  if (key === 'space') return 0;
  if (key.length !== 1) return null;
  if (key === '?') return 0x7f;
  const code = key.toUpperCase().charCodeAt(0);
  return code >= 0x40 && code <= 0x5f ? code - 0x40 : null;
}

function controlName(byte: number): string {
  return byte === 0 ? 'space' : String.fromCharCode(byte + 0x40).toLowerCase();
}

function refusal(setting: string, reason: string): BxError {
  return new BxError('usage', `"${setting}" cannot be the key that leaves the terminal: ${reason}`, { hint: HINT });
}

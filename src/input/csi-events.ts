/** The meaning of complete escape sequences: keys, mouse, focus, answers of the host terminal. Pure. */
import { keyOfCode, modifiersOf, withModifiers } from './key-names.js';
import { CSI_LETTERS, CSI_NUMBERS, LINUX_CONSOLE_LETTERS, RXVT_SHIFT_LETTERS, SS3_LETTERS } from './key-tables.js';
import { mouseEvent } from './mouse-decode.js';
import type { InputEvent, KeyEvent, ReplyEvent } from './types.js';

/** What a sequence is; `null`: nothing (a key's release, a lock key); 'paste-start': the beginning of a bracketed paste. */
export type Meaning = InputEvent | null | 'paste-start';

const PLAIN = modifiersOf(1);

/** `raw` is a whole CSI sequence, from ESC to its final byte. */
export function meaningOfCsi(raw: Uint8Array): Meaning {
  const body = latin1(raw).slice(2);
  const final = body.slice(-1);
  const parameters = body.slice(0, -1);
  if (body.startsWith('[')) return named(LINUX_CONSOLE_LETTERS[body.slice(1)], raw);
  const prefix = /^[<=>?]/.exec(parameters)?.[0] ?? '';
  if (prefix === '<')
    return final === 'M' || final === 'm' ? mouseEvent(parameters.slice(1), final === 'm', raw) : key('unknown', raw);
  const reply = replyKind(prefix, parameters, final);
  if (reply) return { type: 'reply', kind: reply, data: parameters, raw };
  if (prefix !== '' || /[^0-9;:]/.test(parameters)) return key('unknown', raw);
  return meaningOfPlainCsi(parameters, final, raw);
}

/** `raw` is a whole SS3 sequence: ESC O, an optional modifier, a letter. */
export function meaningOfSs3(raw: Uint8Array): Meaning {
  const body = latin1(raw).slice(2);
  const name = SS3_LETTERS[body.slice(-1)];
  if (name === undefined) return key('unknown', raw);
  const modifiers = modifiersOf(Number(body.slice(0, -1).split(';').at(-1) || 1));
  const full = withModifiers(name, modifiers);
  return key(full, raw, full.length === 1 ? full : '');
}

/** `raw` is a whole OSC, DCS, APC, PM or SOS string. */
export function meaningOfString(raw: Uint8Array): ReplyEvent {
  const text = new TextDecoder().decode(raw);
  const data = text.slice(2).replace(/(?:\x07|\x1b\\)$/, '');
  if (text[1] === 'P' && data.startsWith('!|')) return { type: 'reply', kind: 'tertiary-da', data: data.slice(2), raw };
  return { type: 'reply', kind: text[1] === ']' ? 'osc' : 'dcs', data, raw };
}

export function key(name: string, raw: Uint8Array, text = ''): KeyEvent {
  return { type: 'key', key: name, text, raw };
}

function meaningOfPlainCsi(parameters: string, final: string, raw: Uint8Array): Meaning {
  const fields = parameters.split(';').map((field) => field.split(':').map(Number));
  const first = fields[0]?.[0] ?? 0;
  const modifiers = modifiersOf(fields[1]?.[0] || 1);
  if (fields[1]?.[1] === 3) return null; // kitty: the key was released
  switch (final) {
    case 'I':
    case 'O':
      return parameters === '' ? { type: 'focus', isFocused: final === 'I', raw } : key('unknown', raw);
    case 'M':
      return fields.length === 3 ? mouseEvent(parameters, false, raw, 32) : key('unknown', raw);
    case '~':
      if (first === 200) return 'paste-start';
      if (first === 27 && fields.length >= 3) return typed(fields[2]![0]!, null, modifiers, raw);
      return named(CSI_NUMBERS[first], raw, modifiers);
    case 'u':
      return meaningOfKitty(fields, modifiers, raw);
    case '^':
      return named(CSI_NUMBERS[first], raw, { ...PLAIN, ctrl: true });
    case '$':
      return named(CSI_NUMBERS[first], raw, { ...PLAIN, shift: true });
    case '@':
      return named(CSI_NUMBERS[first], raw, { ...PLAIN, ctrl: true, shift: true });
    default:
      return named(CSI_LETTERS[final] ?? RXVT_SHIFT_LETTERS[final], raw, modifiers);
  }
}

/** `CSI code : shifted : base ; modifiers : event ; text u`. */
function meaningOfKitty(fields: readonly number[][], modifiers: ReturnType<typeof modifiersOf>, raw: Uint8Array): Meaning {
  const [code, shifted] = fields[0] ?? [];
  if (code === undefined) return key('unknown', raw);
  return typed(code, shifted || null, modifiers, raw);
}

function typed(code: number, shifted: number | null, modifiers: ReturnType<typeof modifiersOf>, raw: Uint8Array): Meaning {
  const result = keyOfCode(code, shifted, modifiers);
  return result && key(result.key, raw, result.text);
}

function named(name: string | undefined, raw: Uint8Array, modifiers = PLAIN): KeyEvent {
  return key(name === undefined ? 'unknown' : withModifiers(name, modifiers), raw);
}

/** Answers that a terminal gives to questions; null for everything else. */
function replyKind(prefix: string, parameters: string, final: string): ReplyEvent['kind'] | null {
  const body = parameters.slice(prefix.length);
  if (final === 'c' && (prefix === '?' || prefix === '>' || (prefix === '' && body !== ''))) {
    return prefix === '>' ? 'secondary-da' : 'primary-da';
  }
  if (final === 'R' && isCursorPosition(prefix, body)) return 'cursor-position';
  if (final === 'n' && (prefix === '?' || prefix === '')) return 'status';
  if (final === 'y' && body.endsWith('$')) return 'mode';
  if (final === 'm' && prefix === '>') return 'mode';
  if (final === 'u' && prefix === '?') return 'kitty-flags';
  if (final === 't' && prefix === '' && body !== '') return 'window';
  return null;
}

/** `CSI 1 ; 2 R` is Shift-F3 as well as an answer "row 1, column 2": with row 1 and a modifier's value it is taken for the key. */
function isCursorPosition(prefix: string, body: string): boolean {
  const match = /^(\d+);(\d+)(?:;\d+)?$/.exec(body);
  if (!match) return false;
  return prefix === '?' || Number(match[1]) !== 1 || Number(match[2]) > 16 || Number(match[2]) < 2;
}

function latin1(raw: Uint8Array): string {
  return Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString('latin1');
}

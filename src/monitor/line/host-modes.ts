/** The modes that a program has set on the host terminal while it was shown raw, so that they can be undone when it is left. Pure. */

/** Off at rest, as the host terminal had them: application cursor keys, mouse (1000-1016), focus, bracketed paste, alternate screens, synchronised output. */
const RESTS_OFF = new Set([1, 9, 47, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1015, 1016, 1047, 1049, 2004, 2026]);
/** On at rest: wrapping, the cursor. */
const RESTS_ON = new Set([7, 25]);
const PRIVATE_MODE = /\u001b\[\?([0-9;]*)([hl])/g;
const INCOMPLETE = /\u001b(?:\[(?:\?[0-9;]*)?)?$/;

export interface HostModes {
  /** Takes in what the program wrote, cut anywhere. */
  track(data: Uint8Array): void;
  /** What puts the terminal back; attributes and keypad included. */
  undo(): string;
  /** What sets the modes again when the program is shown again. */
  redo(): string;
}

export function createHostModes(): HostModes {
  const changed = new Map<number, boolean>();
  let carry = '';

  return {
    track(data) {
      if (carry === '' && data.indexOf(0x1b) < 0) return;
      const text = carry + Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('latin1');
      for (const [, numbers, final] of text.matchAll(PRIVATE_MODE)) {
        for (const number of numbers!.split(';').map(Number)) {
          const isOn = final === 'h';
          if (RESTS_OFF.has(number) || RESTS_ON.has(number)) changed.set(number, isOn);
        }
      }
      carry = INCOMPLETE.exec(text.slice(-32))?.[0] ?? '';
    },
    undo() {
      const off = [...changed].filter(([mode, isOn]) => isOn && RESTS_OFF.has(mode)).map(([mode]) => `\u001b[?${mode}l`);
      const on = [...changed].filter(([mode, isOn]) => !isOn && RESTS_ON.has(mode)).map(([mode]) => `\u001b[?${mode}h`);
      return `${off.join('')}${on.join('')}\u001b>\u001b[0m`;
    },
    redo: () => [...changed].map(([mode, isOn]) => `\u001b[?${mode}${isOn ? 'h' : 'l'}`).join(''),
  };
}

/** Paints the form of the options for a shell: which state, which user, which command. */
import type { Surface } from '../host/surface.js';
import type { Look } from '../look.js';
import type { OptionsForm, Overlay } from '../view-state.js';
import { paintDialog } from './dialog.js';
import { type CursorPlace, paintInput } from './field.js';

const MOMENT_TEXTS: Readonly<Record<OptionsForm['moment'], string>> = {
  auto: 'automatic',
  before: 'before it ran',
  after: 'after it ran',
  failed: 'as it failed',
};

export function paintOptions(
  surface: Surface,
  { title, form }: Extract<Overlay, { kind: 'options' }>,
  look: Look,
): CursorPlace | null {
  const footer = `tab next field   ${look.glyphs.leftRight} state   enter open   esc cancel`;
  const inside = paintDialog(surface, { title, width: 66, height: 7, footer }, look);
  const label = (y: number, text: string): void => {
    const role = form.field === y - 1 ? 'accent' : 'dim';
    inside.text(0, y, text, look.over(look.attr(role), 'dialog'));
  };
  label(1, 'state');
  let x = 10;
  for (const moment of form.moments) {
    const isChosen = moment === form.moment;
    const text = isChosen ? `[${MOMENT_TEXTS[moment]}]` : ` ${MOMENT_TEXTS[moment]} `;
    x = inside.text(x, 1, text, look.attr(isChosen ? 'dialog.choice' : 'dialog')) + 1;
  }
  label(2, 'user');
  label(3, 'command');
  const field = (y: number, input: OptionsForm['user'], empty: string): CursorPlace => {
    const part = inside.part({ x: 10, y, width: inside.width - 10, height: 1 });
    if (input.text === '') part.text(0, 0, empty, look.over(look.attr('dim'), 'dialog'));
    return paintInput(surface, part, 0, input, look, 'dialog');
  };
  const user = field(2, form.user, "the step's own");
  const command = field(3, form.command, "the step's shell");
  return form.field === 1 ? user : form.field === 2 ? command : null;
}

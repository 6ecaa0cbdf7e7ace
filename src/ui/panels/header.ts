/** Paints the header row: what this is, where it stands, how long it takes. Details go first when it is narrow. */
import type { Attached } from '../control/attached.js';
import type { Surface } from '../host/surface.js';
import type { Look } from '../look.js';
import type { HeaderProps } from '../select/header.js';
import { formatDuration } from '../text/format.js';
import { ellipsize, ellipsizeStart, textWidth } from '../text/width.js';
import type { Role } from '../theme/roles.js';

export function paintHeader(surface: Surface, props: HeaderProps, attached: Attached, dockerfile: string, look: Look): void {
  const { glyphs } = look;
  const ground = look.attr('header');
  surface.fill(ground);
  const over = (role: Role): number => look.over(look.attr(role), 'header');
  const right = rightPart(props, attached, surface.width);
  const rightStart = surface.width - textWidth(right) - 1;
  surface.text(rightStart, 0, right, over('header.detail'));

  let x = surface.text(1, 0, 'bxtui', over('header.name')) + 1;
  const file = `${ellipsizeStart(dockerfile, 28, glyphs.ellipsis)}${props.target === null ? '' : ` ${glyphs.into} ${props.target}`}`;
  const state = `${glyphs.states[props.state]} ${props.word}`;
  const needed = textWidth(state) + Math.min(24, textWidth(props.sentence)) + 6;
  const place = (text: string, role: Role): void => {
    if (x + textWidth(text) + 2 + needed < rightStart) x = surface.text(x + 1, 0, text, over(role)) + 1;
  };
  if (attached.isReadOnly) x = surface.text(x + 1, 0, 'read-only', over('warning')) + 1;
  const isOlder = props.run?.includes('older') === true;
  if (isOlder) x = surface.text(x + 1, 0, props.run!, over('warning')) + 1;
  if (surface.width >= 100) place(file, 'header');
  else if (props.target !== null) place(props.target, 'header');
  if (surface.width >= 120) place(props.engine, 'header.detail');
  if (props.run !== null && !isOlder) place(props.run, 'header.detail');

  x = surface.text(x + 1, 0, state, look.over(look.attr(`status.${props.state}`), 'header'), rightStart - x - 2) + 1;
  const room = rightStart - x - 2;
  if (room > 4) surface.text(x, 0, ellipsize(props.sentence, room, glyphs.ellipsis), ground);
}

function rightPart({ cached, elapsedMs }: HeaderProps, { screens }: Attached, width: number): string {
  const parts: string[] = [];
  if (screens.length > 1) parts.push(`${screens.length} screens`);
  if (cached > 0 && width >= (screens.length > 1 ? 80 : 60)) parts.push(`${cached} cached`);
  if (elapsedMs !== null) parts.push(`${width >= 100 ? 'elapsed ' : ''}${formatDuration(elapsedMs)}`);
  return parts.join('  ');
}

/** Paints the header row: what this is, where it stands, how long it takes. Details go first when it is narrow. */

import { ellipsize, ellipsizeStart, textWidth } from '../../platform/text-width.js';
import type { Attached } from '../control/attached.js';
import type { Surface } from '../host/surface.js';
import type { Look } from '../look.js';
import type { HeaderProps } from '../select/header.js';
import { formatDuration } from '../text/format.js';
import type { Role } from '../theme/roles.js';

/** Cells that the sentence about a running build gets before the details do. */
const RUNNING_CELLS = 40;
/** That about one that has ended gets all that it needs, in a wide row this share. */
const ENDED_SHARE = 0.45;
const WIDE_CELLS = 140;

export function paintHeader(surface: Surface, props: HeaderProps, attached: Attached, dockerfile: string, look: Look): void {
  const { glyphs } = look;
  const ground = look.attr('header');
  surface.fill(ground);
  const over = (role: Role): number => look.over(look.attr(role), 'header');
  let x = surface.text(1, 0, 'bxtui', over('header.name')) + 1;
  if (attached.isReadOnly) x = surface.text(x + 1, 0, 'read-only', over('warning')) + 1;
  const isOlder = props.run?.includes('older') === true;
  if (isOlder) x = surface.text(x + 1, 0, props.run!, over('warning')) + 1;

  const state = `${glyphs.states[props.state]} ${props.word}`;
  const sentence = textWidth(props.sentence);
  // A running step is soon over; how the build ended is said whole where there is room.
  const endedCells = surface.width < WIDE_CELLS ? sentence : surface.width * ENDED_SHARE;
  const most = props.state === 'running' ? RUNNING_CELLS : endedCells;
  const needed = textWidth(state) + Math.min(most, sentence) + 4;
  const startOf = (figures: string): number => surface.width - textWidth(figures) - 1;
  const figures = figuresOf(props, attached, surface.width);
  const right = figures.find((each) => x + needed <= startOf(each)) ?? figures.at(-1)!;
  const rightStart = startOf(right);
  surface.text(rightStart, 0, right, over('header.detail'));

  const file = `${ellipsizeStart(dockerfile, 28, glyphs.ellipsis)}${props.target === null ? '' : ` ${glyphs.into} ${props.target}`}`;
  const place = (text: string, role: Role): void => {
    if (x + textWidth(text) + 2 + needed <= rightStart) x = surface.text(x + 1, 0, text, over(role)) + 1;
  };
  if (surface.width >= 100) place(file, 'header');
  else if (props.target !== null) place(props.target, 'header');
  if (surface.width >= 120) {
    const before = x;
    if (props.engineSource !== null) place(`${props.engine} (${props.engineSource})`, 'header.detail');
    if (x === before) place(props.engine, 'header.detail');
  }
  if (props.run !== null && !isOlder) place(props.run, 'header.detail');

  x = surface.text(x + 1, 0, state, look.over(look.attr(`status.${props.state}`), 'header'), rightStart - x - 2) + 1;
  const room = rightStart - x - 2;
  if (room > 4) surface.text(x, 0, ellipsize(props.sentence, room, glyphs.ellipsis), ground);
}

/** The figures in fewer and fewer words. */
function figuresOf({ cached, elapsedMs, line }: HeaderProps, { screens }: Attached, width: number): readonly string[] {
  const far = line === null ? [] : [line];
  const others = screens.length > 1 ? [`${screens.length} screens`] : [];
  const hits = cached > 0 && width >= (screens.length > 1 ? 80 : 60) ? [`${cached} cached`] : [];
  const time = elapsedMs === null ? [] : [formatDuration(elapsedMs)];
  const named = elapsedMs !== null && width >= 100 ? [`elapsed ${formatDuration(elapsedMs)}`] : time;
  return [
    [...far, ...others, ...hits, ...named],
    [...far, ...others, ...hits, ...time],
    [...far, ...others, ...time],
    [...others, ...time],
  ].map((parts) => parts.join('  '));
}

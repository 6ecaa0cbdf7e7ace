/** Where a replay is, as a line of text: speed, bar, time, and the event. Pure. */
import type { ReplayStatus } from '../../session/replay-control.js';
import { formatClock } from '../text/format.js';

const WIDE_COLS = 100;

/** Nothing in it moves while the replay plays but the bar and the figures, whose widths stay. */
export function replayBar(status: ReplayStatus, cols: number, isAscii: boolean): string {
  const { positionMs, durationMs, event, eventCount, idleLimitMs, isPlaying, isAtEnd } = status;
  const state = isPlaying ? 'playing' : isAtEnd ? 'at end' : 'paused';
  const whole = formatClock(durationMs);
  const time = `${formatClock(positionMs).padStart(whole.length)}/${whole}`;
  const parts = [
    `${state.padEnd(7)} ${speedText(status.speed, isAscii).padEnd(4)}`,
    bar(positionMs, durationMs, barCells(cols), isAscii),
    time,
  ];
  if (cols >= WIDE_COLS) parts.push(`event ${String(event).padStart(String(eventCount).length)}/${eventCount}`);
  if (cols >= WIDE_COLS && idleLimitMs !== null) parts.push(`idle ${isAscii ? '<=' : '≤'}${idleLimitMs / 1000}s`);
  return parts.filter((part) => part !== '').join(' ');
}

function barCells(cols: number): number {
  return cols >= 150 ? 30 : cols >= WIDE_COLS ? 14 : cols >= 60 ? 12 : 0;
}

function bar(positionMs: number, durationMs: number, cells: number, isAscii: boolean): string {
  const done = durationMs === 0 ? cells : Math.round((positionMs / durationMs) * cells);
  return (isAscii ? '=' : '━').repeat(done) + (isAscii ? '.' : '─').repeat(cells - done);
}

function speedText(speed: number, isAscii: boolean): string {
  return speed === Number.POSITIVE_INFINITY ? 'max' : `${speed}${isAscii ? 'x' : '×'}`;
}

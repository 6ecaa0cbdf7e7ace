/** Actions on the time of a replay. */
import type { ReplayControl } from '../session/replay-control.js';
import type { Action } from './action.js';
import type { ActionContext } from './context.js';

const SEEK_MS = 5_000;
const MINUTE_MS = 60_000;

const inReplay = ({ replay }: ActionContext): true | string => replay !== null || 'this session is not a replay';

type Basics = Pick<Action, 'id' | 'title'> & Partial<Pick<Action, 'hint' | 'enabled'>>;

function replayAction(basics: Basics, run: (replay: ReplayControl, context: ActionContext) => void | Promise<void>): Action {
  return {
    group: 'Replay',
    enabled: inReplay,
    ...basics,
    run: (context) => (context.replay === null ? undefined : run(context.replay, context)),
  };
}

const seekBy = (ms: number) => (replay: ReplayControl) => replay.seekTo(replay.status.positionMs + ms);

export const replayActions: readonly Action[] = [
  replayAction(
    {
      id: 'replay.play',
      title: 'Pause the replay, or go on',
      hint: ({ replay }) => (replay?.status.isPlaying ? 'pause' : replay?.status.isAtEnd ? 'again' : 'play'),
    },
    (replay) => replay.togglePlaying(),
  ),
  replayAction({ id: 'replay.back', title: 'Five seconds back', hint: '-5s' }, seekBy(-SEEK_MS)),
  replayAction({ id: 'replay.forward', title: 'Five seconds forward', hint: '+5s' }, seekBy(SEEK_MS)),
  replayAction({ id: 'replay.minuteBack', title: 'A minute back' }, seekBy(-MINUTE_MS)),
  replayAction({ id: 'replay.minuteForward', title: 'A minute forward' }, seekBy(MINUTE_MS)),
  replayAction({ id: 'replay.start', title: 'To the beginning' }, (replay) => replay.seekTo(0)),
  replayAction({ id: 'replay.end', title: 'To the end' }, (replay) => replay.seekTo(Number.POSITIVE_INFINITY)),
  replayAction({ id: 'replay.eventBack', title: 'To the previous event, and pause', hint: 'event back' }, (replay) =>
    replay.step(-1),
  ),
  replayAction({ id: 'replay.eventForward', title: 'To the next event, and pause', hint: 'event' }, (replay) => replay.step(1)),
  replayAction({ id: 'replay.slower', title: 'Play more slowly', hint: 'slower' }, (replay) => replay.changeSpeed(-1)),
  replayAction({ id: 'replay.faster', title: 'Play faster, at last as fast as possible', hint: 'faster' }, (replay) =>
    replay.changeSpeed(1),
  ),
  replayAction({ id: 'replay.jump', title: 'Go to a time', hint: 'go to' }, async (replay, { screen }) => {
    const text = await screen.askText({ title: 'Go to', initial: '', hint: '1:30, 90, +10, -1:00, 50%, end' });
    if (text === null || text.trim() === '') return;
    const positionMs = parsePlace(text.trim(), replay.status.positionMs, replay.status.durationMs);
    if (positionMs === null) screen.notify('warning', `${text.trim()} is no time`, 'For example 1:30, +10, -1:00, 50% or end.');
    else replay.seekTo(positionMs);
  }),
  replayAction(
    { id: 'replay.idle', title: 'Shorten the times in which nothing happens, or not', hint: 'idle' },
    (replay, { screen }) => {
      replay.toggleIdleLimit();
      const { idleLimitMs } = replay.status;
      screen.notify(
        'info',
        idleLimitMs === null ? 'Idle times take as long as they did.' : `Idle times take at most ${idleLimitMs / 1000} s.`,
      );
    },
  ),
  replayAction(
    {
      id: 'replay.asciicast',
      title: 'Write this terminal to a file as asciicast',
      enabled: (context) => {
        if (inReplay(context) !== true) return inReplay(context);
        return context.activeTab === null ? 'no terminal is open' : true;
      },
    },
    (replay, { activeTab, screen }) =>
      activeTab === null ? undefined : screen.writeAs(`${activeTab}.cast`, replay.asciicast(activeTab)),
  ),
];

/** `1:30`, `90`, `1:00:00`, the same with a sign, `50%`, `start`, `end`. Null: none of them. */
export function parsePlace(text: string, positionMs: number, durationMs: number): number | null {
  if (text === 'start') return 0;
  if (text === 'end') return durationMs;
  const percent = /^(\d{1,3}(?:\.\d+)?)%$/.exec(text);
  if (percent) return Math.min(1, Number(percent[1]) / 100) * durationMs;
  const time = /^([+-]?)(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d+)?)s?$/.exec(text);
  if (time === null) return null;
  const ms = (Number(time[2] ?? 0) * 3600 + Number(time[3] ?? 0) * 60 + Number(time[4])) * 1000;
  const wanted = time[1] === '+' ? positionMs + ms : time[1] === '-' ? positionMs - ms : ms;
  return Math.max(0, Math.min(durationMs, wanted));
}

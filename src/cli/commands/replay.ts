/** `bxtui replay`: the record of a session, played on the screen, or told in lines where there is none. */

import { parsePlace } from '../../actions/replay-actions.js';
import { selectCurrent } from '../../core/select/index.js';
import { createTextSink, startPlainProgress } from '../../plain/index.js';
import { BxError } from '../../platform/errors.js';
import { printableLine } from '../../platform/printable.js';
import { DEFAULT_IDLE_LIMIT_MS, SPEEDS } from '../../session/recording/player.js';
import type { LoadedRecord } from '../../session/recording/read-record.js';
import { createReplaySession, type ReplaySession } from '../../session/recording/replay-session.js';
import { SCREEN_FLAGS } from '../build/build-flags.js';
import { EXIT_OK } from '../exit-status.js';
import type { FlagSpec } from '../flags/flag-spec.js';
import type { ParsedFlags } from '../flags/parse-flags.js';
import { chooseLeaveKey, readSettings } from '../screen/screen-settings.js';
import { type ScreenOptions, showScreen } from '../screen/show-screen.js';
import { loadRecord } from '../sessions/find-playable.js';
import { readSessionFlags, sessionHelp } from '../sessions/session-command.js';

const REPLAY_FLAGS: readonly FlagSpec[] = [
  { name: 'at', kind: 'string', value: 'TIME', summary: 'Begin there: 1:30, 90, 50% or end', fallback: '0' },
  {
    name: 'idle-limit',
    kind: 'string',
    value: 'SECONDS',
    summary: 'Shorten times in which nothing happens to this; 0: play them as they were',
    fallback: '2',
  },
  { name: 'paused', kind: 'bool', value: '', summary: 'Begin with a pause' },
  {
    name: 'plain',
    kind: 'bool',
    value: '',
    summary: 'Tell the builds in lines instead; so it is without a terminal',
  },
  { name: 'speed', kind: 'string', value: 'FACTOR', summary: 'How fast: 0.25 to 16, or max', fallback: '1' },
];

const HELP = {
  usage: 'bxtui replay [OPTIONS] ID|FILE',
  about:
    'Play the record of a session on the same screen: its builds and what its terminals printed, as it came. ID is that of a session, ' +
    'one that runs or one that has ended (bxtui record ls lists them); FILE comes from bxtui record export.',
  examples: [
    ['bxtui replay --speed 4 3f9a', 'Four times as fast.'],
    ['bxtui replay --at end --paused ./session.bxrec', 'How it ended.'],
  ] as const,
  notes: ['space pauses, the arrows seek, . and , go from event to event, + and - change the speed; ? lists all keys.'],
};
export const REPLAY_HELP = sessionHelp([...REPLAY_FLAGS, ...SCREEN_FLAGS], HELP);

/** Resolves with the exit status. Throws `BxError`. */
export async function runReplay(args: readonly string[]): Promise<number> {
  const flags = readSessionFlags('replay', [...REPLAY_FLAGS, ...SCREEN_FLAGS], HELP, args);
  if (flags === null) return EXIT_OK;
  const [wanted, ...more] = flags.positionals;
  if (wanted === undefined || more.length > 0) {
    throw new BxError('usage', `bxtui replay takes one ID or FILE, not ${flags.positionals.length}`, {
      hint: 'bxtui record ls lists the records.',
    });
  }
  const speed = parseSpeed(flags.text('speed'));
  const idleLimitMs = parseIdleLimit(flags.text('idle-limit'));
  const record = await loadRecord(wanted, flags.text('root'));
  const isPlain = flags.bool('plain') || !process.stdin.isTTY || !process.stdout.isTTY || process.env.TERM === 'dumb';
  if (isPlain && flags.text('at') !== null) {
    throw new BxError('usage', '--at is for the screen; a record told in lines is told whole', { hint: 'Leave it out.' });
  }
  const clock = {
    now: () => performance.now(),
    setTimeout,
    clearTimeout: (one: unknown) => clearTimeout(one as NodeJS.Timeout),
    soon: (run: () => void) => void setImmediate(run),
  };
  const session = createReplaySession({ record, clock, speed: isPlain ? Number.POSITIVE_INFINITY : speed, idleLimitMs });
  if (isPlain) return tellInLines(session, record);
  const { positionMs, durationMs } = session.replay.status;
  const at = parsePlace(flags.text('at') ?? '0', positionMs, durationMs);
  if (at === null)
    throw new BxError('usage', `--at ${flags.text('at')} is no time`, { hint: 'For example --at 1:30, --at 50% or --at end' });
  session.replay.seekTo(at);
  return showReplay(session, record, flags);
}

async function showReplay(session: ReplaySession, record: LoadedRecord, flags: ParsedFlags): Promise<number> {
  const options: ScreenOptions = {
    theme: flags.text('theme'),
    color: flags.text('color') as ScreenOptions['color'],
    glyphs: flags.text('glyphs') as ScreenOptions['glyphs'],
    leaveKey: flags.text('leave-key'),
  };
  const warnings: string[] = [];
  const settings = readSettings((warning) => warnings.push(warning));
  const shown = await showScreen({
    ...{ session: Promise.resolve(session), options, settings, leaveKey: chooseLeaveKey(options, settings), warnings },
    invoke: null,
    dockerfileLabel: selectCurrent(session.state)?.dockerfile.path ?? firstDockerfile(record),
    canDetach: false,
    replay: session.replay,
    onEnd: () => session.dispose(),
  });
  if (!flags.bool('paused') && !session.replay.status.isAtEnd) session.play();
  const [broken] = record.breaks;
  if (broken !== undefined) shown.screen.notify('warning', 'The record is damaged.', broken);
  await shown.screen.closed;
  const { endedBy } = shown;
  session.dispose();
  shown.dispose();
  for (const warning of shown.warnings) process.stderr.write(`WARNING: ${warning}\n`);
  for (const line of flaws(record)) process.stderr.write(`${line}\n`);
  return endedBy?.exitCode ?? EXIT_OK;
}

/** Everything at once, as a build without a terminal tells it. */
async function tellInLines(session: ReplaySession, record: LoadedRecord): Promise<number> {
  const sink = createTextSink(process.stdout, () => session.dispose());
  const progress = startPlainProgress({ session, sink });
  session.play();
  await Promise.race([session.untilEnd(), session.ended]);
  progress.dispose();
  sink.flush();
  session.dispose();
  for (const line of flaws(record)) process.stderr.write(`${line}\n`);
  return EXIT_OK;
}

function flaws({ breaks, isEnded, header }: LoadedRecord): string[] {
  const lines = breaks.map((text) => `WARNING: the record is damaged: ${printableLine(text)}`);
  if (header.segment > 1) lines.push('NOTE: the beginning of this session was too long ago to be kept.');
  if (!isEnded && breaks.length === 0)
    lines.push('NOTE: the record ends without an end: its session runs still, or its process was ended by force.');
  return lines;
}

function firstDockerfile({ entries }: LoadedRecord): string {
  for (const entry of entries)
    if (entry.type === 'event' && entry.event.type === 'generation.started') return entry.event.dockerfile.path;
  return 'Dockerfile';
}

function parseSpeed(text: string | null): number {
  if (text === null) return 1;
  const speed = text === 'max' ? Number.POSITIVE_INFINITY : Number(text.replace(/[x\u00d7]$/, ''));
  if (speed >= SPEEDS[0] && (speed <= 16 || speed === Number.POSITIVE_INFINITY)) return speed;
  throw new BxError('usage', `--speed ${text} is no speed`, { hint: 'A factor from 0.25 to 16, or max.' });
}

function parseIdleLimit(text: string | null): number | null {
  if (text === null) return DEFAULT_IDLE_LIMIT_MS;
  const seconds = Number(text);
  if (text.trim() === '' || !(seconds >= 0) || !Number.isFinite(seconds)) {
    throw new BxError('usage', `--idle-limit ${text} is no number of seconds`, {
      hint: 'For example --idle-limit 5, or 0 for none.',
    });
  }
  return seconds === 0 ? null : seconds * 1000;
}

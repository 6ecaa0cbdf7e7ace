/**
 * The lines that the screen itself writes into a terminal's grid: where a shell is, above everything that its program prints, and how the
 * program ended, below it. Texts only; who writes them and when is `terminals.ts`.
 */
import type { ProcessSummary } from '../../core/model/index.js';
import { commandAsWritten, selectUser } from '../../core/select/index.js';
import { cleanText, ellipsize, textWidth, wrapText } from '../../platform/text-width.js';
import type { Look } from '../look.js';
import { type ProcessPlace, processStateText } from '../panels/processes.js';
import { stepText } from '../select/step-rows.js';
import type { Role } from '../theme/roles.js';

/** SGR parameters and signs, from the theme and the glyph set. */
export interface LineStyle {
  readonly isAscii: boolean;
  readonly leaveLabel: string;
  /** Nothing can be started or run. */
  readonly isReplay: boolean;
  readonly sgr: {
    readonly accent: string;
    readonly dim: string;
    readonly strong: string;
    readonly warning: string;
    readonly good: string;
    readonly bad: string;
  };
}

/** Rows that the facts, and each sentence below them, may take. */
const TOLD_ROWS = 3;
const MAX_STEP_CELLS = 60;
const MOMENT_TEXTS = { before: 'state before', after: 'state after', failed: 'failed state' } as const;

/**
 * `step 9 · RUN npm ci · line 17 · failed state · user node · /app · mounts: …`, what matters most first, broken
 * between words; below it why the step failed where that is no exit status, and the command with what became of it: `exit 7: npm ci   (^] C runs it again)`.
 */
export function bannerText(
  { step, container, platform, failure }: ProcessPlace,
  process: ProcessSummary,
  cols: number,
  style: LineStyle,
): string {
  const { sgr, isAscii } = style;
  const mark = isAscii ? '~' : '…';
  const mounted = container.mounts.filter((mount) => mount.isMounted).map((mount) => `${mount.kind} ${mount.target}`);
  const facts = [
    step.number === null ? 'step' : `step ${step.number}`,
    ...(platform === null ? [] : [platform]),
    ellipsize(stepText(step), Math.max(20, Math.min(MAX_STEP_CELLS, cols - 12)), mark),
    ...(step.lines === null ? [] : [`line ${step.lines.start}`]),
    MOMENT_TEXTS[container.moment],
    `user ${selectUser(process, container)}`,
    container.cwd === '' ? '/' : container.cwd,
    ...(mounted.length === 0 ? [] : [`mounts: ${mounted.join(', ')}`]),
  ];
  const lines = wrapped(facts.join(isAscii ? ' - ' : ' · '), cols, TOLD_ROWS, mark).map((line) => painted(line, sgr.accent));
  const sentences = container.mounts
    .filter((mount) => !mount.isMounted)
    .map((mount) => `not mounted: ${mount.kind} ${mount.target}: ${mount.detail}`);
  if (container.note !== null) sentences.push(container.note);
  for (const sentence of sentences) {
    for (const line of wrapped(sentence, cols, TOLD_ROWS, mark)) lines.push(painted(line, sgr.warning));
  }
  const exitCode = failure?.exitCode ?? null;
  // Where panels share their place, what has failed is out of sight now.
  if (failure !== null && exitCode === null && process.kind === 'shell') {
    for (const line of wrapped(failure.message, cols, TOLD_ROWS, mark)) lines.push(painted(line, sgr.bad));
    for (const line of wrapped(failure.hint ?? '', cols, TOLD_ROWS, mark)) lines.push(painted(line, sgr.warning));
  }
  if (container.stepCommand !== null && process.kind === 'shell') {
    const hasFailed = step.state === 'failed';
    const what = !hasFailed ? 'command: ' : exitCode === null ? 'failed: ' : `exit ${exitCode}: `;
    const again = hasFailed ? ' again' : '';
    const all = container.hasHistory ? '   (up-arrow has it)' : `   (${style.leaveLabel} C runs it${again})`;
    const how = what.length + all.length + 12 <= cols ? all : '';
    const command = ellipsize(
      cleanText(container.hasHistory ? container.stepCommand : commandAsWritten(step, container.stepCommand)),
      cols - what.length - how.length,
      mark,
    );
    lines.push(painted(what, hasFailed ? sgr.bad : sgr.dim) + painted(command, sgr.strong) + painted(how, sgr.dim));
  }
  return `\x1b[0m${lines.join('\r\n')}\r\n`;
}

/** `── exit 7 · Enter starts it again · X closes ──`, shorter where the pane is narrow, in a replay its beginning alone; without a line end. */
export function endText(process: ProcessSummary, cols: number, { isAscii, isReplay, sgr }: LineStyle): string {
  const [dot, rule, mark] = isAscii ? [' - ', '--', '~'] : [' · ', '──', '…'];
  const state = processStateText(process);
  const reason =
    process.exitCode === null && process.reason !== null && process.state !== 'released' ? cleanText(process.reason) : '';
  const offers = isReplay ? [] : [`${dot}Enter starts it again${dot}X closes ${rule}`, `${dot}Enter again${dot}X closes ${rule}`];
  const tails = [...offers, ` ${rule}`];
  const fits = (text: string): boolean => rule.length + 1 + textWidth(state) + textWidth(text) <= cols;
  const tail = tails.find(fits) ?? '';
  const isGood = process.state === 'exited' && process.exitCode === 0;
  const head = wrapped(reason, cols, TOLD_ROWS, mark).map((line) => `${painted(line, sgr.dim)}\r\n`);
  const end = painted(`${rule} `, sgr.dim) + painted(state, isGood ? sgr.good : sgr.bad) + painted(tail, sgr.dim);
  return (reason === '' ? '' : head.join('')) + end;
}

function painted(text: string, sgr: string): string {
  return sgr === '' ? text : `\x1b[0;${sgr}m${text}\x1b[0m`;
}

/** At most `rows` lines; the last one says that there was more. */
function wrapped(text: string, cols: number, rows: number, mark: string): string[] {
  const lines = wrapText(cleanText(text), cols);
  if (lines.length <= rows) return lines;
  return [...lines.slice(0, rows - 1), ellipsize(`${lines.slice(rows - 1).join(' ')}`, cols, mark)];
}

/** How these lines look on a screen. */
export function lineStyleOf(look: Look, leaveLabel: string, isReplay: boolean): LineStyle {
  const sgr = (role: Role): string => look.attributes.sgr(look.attr(role));
  return {
    isAscii: look.glyphs.isAscii,
    leaveLabel,
    isReplay,
    sgr: {
      accent: sgr('accent'),
      dim: sgr('dim'),
      strong: sgr('strong'),
      warning: sgr('warning'),
      good: sgr('status.done'),
      bad: sgr('status.failed'),
    },
  };
}

/** `bxtui logs`: how the build of a session goes, as plain progress; or the log of one of its steps. */

import { createReadStream } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { isatty } from 'node:tty';
import type { Generation, StepKey } from '../../core/model/index.js';
import { selectCurrent } from '../../core/select/index.js';
import { buildEnd, isBuilding } from '../../monitor/build-end.js';
import { safePrinter } from '../../monitor/line/run-to-end.js';
import { resolveStep } from '../../monitor/resolve-step.js';
import { createTextSink, printBuild, startPlainProgress, type TextSink } from '../../plain/index.js';
import { BxError } from '../../platform/errors.js';
import { sessionRoot } from '../../session/records/root-dir.js';
import { findSession } from '../../session/records/session-records.js';
import { lacksBeginning } from '../../session/session.js';
import type { RemoteSession } from '../../session/wire/index.js';
import { EXIT_FAILED, EXIT_OK, EXIT_READER_GONE, exitStatusOfBuild } from '../exit-status.js';
import type { FlagSpec } from '../flags/flag-spec.js';
import { listenForInterrupts } from '../interrupts.js';
import { renderError } from '../render-error.js';
import { connectTo } from '../sessions/connect.js';
import { readSessionFlags, sessionHelp } from '../sessions/session-command.js';

const FLAGS: readonly FlagSpec[] = [
  { name: 'follow', short: 'f', kind: 'bool', value: '', summary: 'Go on until the build has ended' },
  { name: 'step', kind: 'string', value: 'STEP', summary: 'Only what this step has printed (9, L17, build:3), as it was' },
  { name: 'generation', kind: 'string', value: 'N', summary: 'The N-th run of the build', fallback: 'the newest' },
];

const HELP = {
  usage: 'bxtui logs [OPTIONS] [ID]',
  about:
    'Print how the build of a session has gone so far, as bxtui build --progress=plain does. Of what was printed before nobody has kept the ' +
    'time. ID may be the beginning of one; without it, the only session that runs.',
  examples: [
    ['bxtui logs --follow', 'Watch the build of the only session to its end.'],
    ['bxtui logs --step 9 3f > step.log', 'The whole log of a step.'],
  ] as const,
  notes: [
    'Exit status: 0; with --follow that of the build: 0 it succeeded, 1 it failed, 130 it was cancelled. Ctrl-C ends this command, never the build.',
  ],
};
export const LOGS_HELP = sessionHelp(FLAGS, HELP);

/** Resolves with the exit status. Throws `BxError`. */
export async function runLogs(args: readonly string[]): Promise<number> {
  const flags = readSessionFlags('logs', FLAGS, HELP, args);
  if (flags === null) return EXIT_OK;
  const [wanted = null, ...more] = flags.positionals;
  if (more.length > 0) throw new BxError('usage', `bxtui logs takes one ID, not ${flags.positionals.length}`);
  const found = findSession(sessionRoot(flags.text('root') || null, process.env), wanted);
  const session = await connectTo(found, { kind: 'command', isReadOnly: true });
  const interrupts = listenForInterrupts();
  const generation = chooseGeneration(session, flags.text('generation'));
  const follows = flags.bool('follow') && generation === selectCurrent(session.state);
  const step = flags.text('step');
  let readerGone = (): void => undefined;
  const gone = new Promise<number>((resolve) => {
    readerGone = () => resolve(EXIT_READER_GONE);
  });
  const output = createTextSink(process.stdout, () => readerGone());
  try {
    const printing =
      step === null
        ? printProgress(session, generation, output, follows)
        : printStep(session, generation, resolveStep(generation, step).key, follows);
    const done = printing.then(() => (flags.bool('follow') ? endOf(session, generation.number) : EXIT_OK));
    return await Promise.race([done, gone, interrupts.ending.then(({ exitStatus }) => exitStatus)]);
  } finally {
    output.flush();
    session.leave();
    interrupts.dispose();
  }
}

function chooseGeneration({ state, id }: RemoteSession, wanted: string | null): Generation {
  const generation = wanted === null ? selectCurrent(state) : state.generations.find(({ number }) => String(number) === wanted);
  if (generation) return generation;
  const numbers = state.generations.map(({ number }) => number).join(', ');
  throw new BxError(
    'not-found',
    wanted === null ? `session ${id} has no build yet` : `session ${id} has no run ${wanted} of the build`,
    {
      hint: numbers === '' ? null : `There are: ${numbers}`,
    },
  );
}

async function printProgress(session: RemoteSession, generation: Generation, sink: TextSink, follows: boolean): Promise<void> {
  const { number, order } = generation;
  for (const step of order) if (lacksBeginning(session.stepLog(number, step))) await session.wholeLog(number, step);
  if (!follows) {
    printBuild(session, generation, sink);
    return;
  }
  const progress = startPlainProgress({ session, sink, withPast: true });
  await Promise.race([buildEnd(session), session.ended]);
  progress.dispose();
}

/** On a terminal made safe, elsewhere as the program wrote it. */
async function printStep(session: RemoteSession, generation: Generation, step: StepKey, follows: boolean): Promise<void> {
  const printer = isatty(1) ? safePrinter() : null;
  const write = (text: string) => writeOut(printer === null ? text : printer.push(Buffer.from(text)));
  const { number } = generation;
  await session.wholeLog(number, step);
  // In the turn in which what comes later is listened for.
  const { head, tail, omittedBytes, file } = session.stepLog(number, step);
  const later: string[] = [];
  let takeLater = (text: string): void => void later.push(text);
  const subscription = session.onEvent((event) => {
    if (event.type !== 'engine.reported' || event.generation !== number || event.event.type !== 'log.appended') return;
    const { digest, text } = event.event;
    const owner = session.state.generations.find((candidate) => candidate.number === number)?.vertices[digest]?.step;
    if (owner === step) takeLater(text);
  });
  if (omittedBytes === 0) await write(head + tail);
  else if (file === null || !(await copyBeginning(file, head.length + omittedBytes, write))) {
    await write(`${head}\n[… ${omittedBytes} bytes are no longer kept]\n${tail}`);
  } else await write(tail);
  if (follows) {
    for (const text of later.splice(0)) await write(text);
    takeLater = (text) => void write(text);
    await Promise.race([buildEnd(session), session.ended]);
  }
  subscription.dispose();
  await writeOut(printer?.end() ?? '');
}

/** The first characters of a file; false: it cannot be read. */
async function copyBeginning(file: string, length: number, write: (text: string) => Promise<void>): Promise<boolean> {
  const decoder = new StringDecoder('utf8');
  let left = length;
  try {
    for await (const chunk of createReadStream(file)) {
      const text = decoder.write(chunk as Buffer).slice(0, left);
      left -= text.length;
      await write(text);
      if (left <= 0) break;
    }
    return true;
  } catch {
    return left < length;
  }
}

function writeOut(text: string | Uint8Array): Promise<void> {
  if (process.stdout.write(text)) return Promise.resolve();
  return new Promise((resolve) => process.stdout.once('drain', () => resolve()));
}

async function endOf(session: RemoteSession, number: number): Promise<number> {
  const generation = session.state.generations.find((candidate) => candidate.number === number) ?? null;
  if (!isBuilding(generation)) return exitStatusOfBuild(generation);
  const lost = await Promise.race([session.disconnected, new Promise<null>((resolve) => setImmediate(() => resolve(null)))]);
  process.stderr.write(renderError(lost ?? new BxError('state', `session ${session.id} has ended before its build`)));
  return EXIT_FAILED;
}

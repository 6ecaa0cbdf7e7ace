/**
 * `bxtui debug`: the line-mode monitor with plain progress, in the words of `docker buildx debug`: after a build, or without one, for the
 * sessions that there are.
 */
import { isatty } from 'node:tty';
import { BxError } from '../../platform/errors.js';
import { workingDirectory } from '../../platform/working-directory.js';
import { DEBUG_FLAGS, HELP_FLAG, SESSION_FLAGS } from '../build/build-flags.js';
import { buildInLines } from '../build/build-in-lines.js';
import { type BuildInput, locateBuildInput } from '../build/build-input.js';
import { type BuildOptions, readBuildOptions } from '../build/build-options.js';
import { checkSshKeys } from '../build/check-ssh-keys.js';
import { chooseFrontEnd, type FrontEnd, type LineProgress } from '../build/front-end.js';
import { offerEngine } from '../build/offer-engine.js';
import { keepStandardInput, keysBeside } from '../build/standard-input.js';
import { EXIT_OK } from '../exit-status.js';
import type { FlagSpec } from '../flags/flag-spec.js';
import { renderHelp } from '../flags/help-text.js';
import { type ParsedFlags, parseLeadingFlags } from '../flags/parse-flags.js';
import { readServerOptions } from '../sessions/server-options.js';
import { writesToStdout } from '../values/output.js';

const PROGRESS_FLAG: FlagSpec = {
  name: 'progress',
  kind: 'string',
  value: 'MODE',
  summary: 'How progress is shown; auto is plain here',
  choices: ['auto', 'plain', 'quiet'],
  fallback: 'auto',
};
const LEAVE_KEY_FLAG: FlagSpec = {
  name: 'leave-key',
  kind: 'string',
  value: 'KEY',
  summary: "Key that leaves a program's terminal: ctrl-], f12, or two as in buildx: ctrl-a,c",
  fallback: 'ctrl-]',
};
const DETACH_FLAG: FlagSpec = {
  name: 'detach',
  kind: 'bool',
  value: '',
  summary:
    'A process of its own for the session, which outlives this program; at a prompt it has one unless --detach=false is given',
};
const ON_FLAG = { ...DEBUG_FLAGS[0]!, summary: 'After which builds the monitor opens', fallback: 'error' };
const FLAGS: readonly FlagSpec[] = [
  ON_FLAG,
  ...DEBUG_FLAGS.slice(1),
  PROGRESS_FLAG,
  DETACH_FLAG,
  ...SESSION_FLAGS.slice(1),
  LEAVE_KEY_FLAG,
  HELP_FLAG,
];

export const DEBUG_HELP = {
  usage: 'bxtui debug [OPTIONS] [build [BUILD OPTIONS] PATH]',
  about:
    'The debugger without the screen: plain progress, then a prompt with commands (help lists them) and a shell in the step that failed. For ' +
    'people, scripts and screen readers. Without build it looks after the sessions that there are: list, attach ID, disconnect ID.',
  groups: [{ title: 'Options, before or after build', flags: FLAGS }],
  examples: [
    ['bxtui debug build .', 'Build; when a step fails, a shell opens in it. Ctrl-] leaves the shell for the prompt.'],
    ['bxtui debug --invoke /bin/sh build .', 'A shell in the result as well.'],
    ["printf 'rollback 3 ls -l /\\nexit\\n' | bxtui debug build .", 'Commands from a script.'],
    [
      'bxtui debug build . ; bxtui attach',
      'The command detach leaves the session at the prompt, and any terminal finds it again.',
    ],
    ['bxtui debug --leave-key ctrl-a,c build .', 'The keys of docker buildx debug.'],
  ] as const,
  notes: [
    'All flags of bxtui build may follow build. At the prompt: up and down go through the lines of before (a line that begins with a blank is ' +
      'not kept), Tab completes, Ctrl-C clears the line, Ctrl-D ends. Exit status: that of the last build.',
  ],
};

/** Resolves with the exit status. Throws `BxError`. */
export async function runDebug(args: readonly string[]): Promise<number> {
  const flags = parseLeadingFlags(FLAGS, args, 'bxtui debug --help', 1);
  const [word, ...buildArgs] = flags.positionals;
  if (flags.bool('help') && word === undefined) {
    process.stdout.write(renderHelp(DEBUG_HELP, process.stdout.columns || 80));
    return EXIT_OK;
  }
  if (word === undefined) return runWithoutBuild(flags);
  if (word !== 'build') {
    throw new BxError('usage', `unknown command: debug ${word}`, {
      hint: `To build ${word}: bxtui debug build ${word} See 'bxtui debug --help'.`,
    });
  }
  const leading = args.slice(0, args.length - buildArgs.length - 1);
  return runDebugBuild([...leading, ...buildArgs]);
}

/** `args`: those before and after the word build, of which the last count. */
async function runDebugBuild(args: readonly string[]): Promise<number> {
  const options = readBuildOptions(args, process.env, workingDirectory(), 'bxtui debug build');
  if (options === null) {
    const { buildHelp } = await import('../build/build-help.js');
    process.stdout.write(buildHelp(process.stdout.columns || 80, 'bxtui debug build'));
    return EXIT_OK;
  }
  const input = locateBuildInput(options, workingDirectory());
  const frontEnd = chooseLines(options, input);
  if (options.detach && options.outputs.some(writesToStdout)) {
    throw new BxError('usage', 'a session in a process of its own has no standard output to write the result to', {
      hint: 'Name a file: -o type=tar,dest=FILE',
    });
  }
  await checkSshKeys(options);
  await offerEngine(options);
  const kept = await keepStandardInput(input);
  try {
    return await buildInLines({ options, input, frontEnd, args, stdinFile: kept?.path ?? null });
  } finally {
    kept?.dispose();
  }
}

/** As for a build that is debugged without the screen. */
function chooseLines(options: BuildOptions, input: BuildInput): FrontEnd & { readonly progress: LineProgress } {
  const toStdout = options.outputs.some(writesToStdout);
  if (toStdout && process.stdout.isTTY) {
    throw new BxError('usage', 'the result would be written to the terminal', { hint: 'Name a file with dest=FILE.' });
  }
  const hasInvoke = options.invoke !== null;
  const progress = options.progress === 'auto' || options.progress === 'tty' ? 'plain' : options.progress;
  const chosen = chooseFrontEnd(
    { progress, on: options.on ?? (hasInvoke ? 'always' : 'error'), hasInvoke, writesToStdout: toStdout },
    { ...keysBeside(input), stdoutIsTerminal: isatty(1), stderrIsTerminal: isatty(2), term: process.env.TERM ?? '' },
  );
  return { ...chosen, progress };
}

/** A monitor at no session, until one is attached to. */
async function runWithoutBuild(flags: ParsedFlags): Promise<number> {
  const given = { root: flags.text('root') || null, serverConfig: flags.text('server-config') || null };
  const { root } = readServerOptions(given, process.env);
  const { runMonitor } = await import('../sessions/run-monitor.js');
  return runMonitor(root, flags.text('leave-key'));
}

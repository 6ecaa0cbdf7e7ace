/** `bxtui engines`: every engine that this machine knows of, which one a build would use, and what each can do. */
import type { EndpointWish, ListedEndpoint } from '../../builders/index.js';
import type { Capability, CapabilityName } from '../../core/model/index.js';
import { renderTable } from '../../monitor/table.js';
import { BxError, toBxError } from '../../platform/errors.js';
import { printableLine } from '../../platform/printable.js';
import { BUILD_FLAGS, HELP_FLAG } from '../build/build-flags.js';
import { EXIT_FAILED, EXIT_OK } from '../exit-status.js';
import type { FlagSpec } from '../flags/flag-spec.js';
import { renderHelp } from '../flags/help-text.js';
import { parseFlags } from '../flags/parse-flags.js';
import { JSON_FLAG } from '../sessions/session-command.js';
import { parsePlatform } from '../values/platform.js';

/** Of each engine; all are asked at once. */
const ANSWER_WITHIN_MS = 4_500;

const CHOICE_FLAGS = BUILD_FLAGS.filter(({ name }) => ['builder', 'context', 'platform'].includes(name));
const FLAGS: readonly FlagSpec[] = [...CHOICE_FLAGS, JSON_FLAG, HELP_FLAG];

export const ENGINES_HELP = {
  usage: 'bxtui engines [OPTIONS]',
  about:
    'List the engines that this machine knows of, in the order in which one is chosen: --builder and --context, BUILDX_BUILDER, BUILDKIT_HOST, ' +
    'DOCKER_HOST, DOCKER_CONTEXT, docker buildx use, the current docker context, the usual sockets. * marks the one that a build would use.',
  groups: [{ title: 'Options', flags: FLAGS }],
  examples: [
    ['bxtui engines', 'Which engines answer, and why the others do not.'],
    ['bxtui engines --builder big', 'The same, with the builder that --builder would choose.'],
    ['bxtui engines --json', 'With all that each can do, for programs.'],
  ] as const,
  notes: [
    'A builder that does not run is not started by this. Exit status: 0 when an engine answers that a build would use, else 1.',
  ],
};

interface Row {
  readonly source: string;
  readonly address: string | null;
  /** A build would use it. */
  readonly isChosen: boolean;
  readonly isReachable: boolean;
  /** `Docker Engine 28.5.2`; null when it does not answer. */
  readonly name: string | null;
  readonly kind: string | null;
  readonly capabilities: Readonly<Record<CapabilityName, Capability>> | null;
  /** Why it does not answer, and what to do. */
  readonly reason: string | null;
  readonly hint: string | null;
}

/** Resolves with the exit status. Throws `BxError('usage')`. */
export async function runEngines(args: readonly string[]): Promise<number> {
  const flags = parseFlags(FLAGS, args, 'bxtui engines --help');
  if (flags.bool('help')) {
    process.stdout.write(renderHelp(ENGINES_HELP, process.stdout.columns || 80));
    return EXIT_OK;
  }
  if (flags.positionals.length > 0) throw new BxError('usage', 'bxtui engines takes no arguments');
  const wish: EndpointWish = {
    builder: flags.text('builder') || null,
    context: flags.text('context') || null,
    platform: parsePlatform(flags.list('platform')),
  };
  const { listEndpoints } = await import('../../builders/list.js');
  const rows = markOne(await Promise.all((await listEndpoints(process.env, {}, wish)).map(ask)));
  process.stdout.write(flags.bool('json') ? `${JSON.stringify(rows, null, 2)}\n` : render(rows, process.stdout.columns));
  return rows.some(({ isChosen, isReachable }) => isChosen && isReachable) ? EXIT_OK : EXIT_FAILED;
}

async function ask(listed: ListedEndpoint): Promise<Row> {
  const { endpoint, source, isChosen } = listed;
  const base = { source, isChosen, address: endpoint?.address ?? null };
  const silent = { isReachable: false, name: null, kind: null, capabilities: null };
  try {
    if (endpoint === null) throw listed.problem;
    const { name, kind, capabilities } = await summaryOf(endpoint);
    return { ...base, isReachable: true, name, kind, capabilities, reason: null, hint: null };
  } catch (thrown) {
    const error = toBxError(thrown, 'endpoint');
    const { reasonWithoutName } = await import('../../builders/reach.js');
    const reason = endpoint === null ? error.message : reasonWithoutName(endpoint, error.message);
    return { ...base, ...silent, reason, hint: error.hint };
  }
}

async function summaryOf(endpoint: NonNullable<ListedEndpoint['endpoint']>) {
  const { connectEngine } = await import('../../engine/registry.js');
  const limit = new AbortController();
  const late = new BxError('endpoint', `no answer within ${ANSWER_WITHIN_MS / 1000} s`, {
    hint: 'Check that the engine is running and not stuck, and that no firewall stands between.',
  });
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(late);
      limit.abort(late);
    }, ANSWER_WITHIN_MS);
  });
  const answering = connectEngine(endpoint, limit.signal, async () => []).then((engine) => {
    void engine.dispose();
    return engine.summary;
  });
  return Promise.race([answering, timeout]).finally(() => clearTimeout(timer));
}

/** Of several places that may be tried the first that answers is the one. */
function markOne(rows: readonly Row[]): Row[] {
  const used = rows.find(({ isChosen, isReachable }) => isChosen && isReachable);
  return rows.map((row) => ({ ...row, isChosen: used === undefined ? row.isChosen : row === used }));
}

function render(rows: readonly Row[], width: number | undefined): string {
  const table = renderTable(
    ['', 'SOURCE', 'ENGINE', 'ADDRESS', 'STATE'],
    rows.map((row) =>
      [row.isChosen ? '*' : '', row.source, row.name ?? '-', row.address ?? '-', stateOf(row)].map(printableLine),
    ),
    width,
  );
  const used = rows.find(({ isChosen, isReachable }) => isChosen && isReachable);
  const told = rows.filter(({ isChosen, hint }) => isChosen && hint !== null).map(({ source, hint }) => `${source}: ${hint}`);
  const next = used !== undefined ? [] : ['', 'No engine that a build would use answers.', ...told.map(printableLine)];
  return `${[table, ...next].join('\n')}\n`;
}

/** What it cannot do, or why it does not answer. */
function stateOf({ isReachable, reason, capabilities }: Row): string {
  if (!isReachable) return (reason ?? 'it does not answer').replace(/\s+/g, ' ');
  const lacking = Object.entries(capabilities ?? {})
    .filter(([, { isAvailable }]) => !isAvailable)
    .map(([name]) => WORDS[name as CapabilityName]);
  return lacking.length === 0 ? 'ready' : `ready, without ${lacking.join(', ')}`;
}

const WORDS: Readonly<Record<CapabilityName, string>> = {
  failedState: 'the files of a failed command',
  signals: 'signals',
  secretEnv: 'secrets in the environment',
  files: 'files of a step',
  failedFiles: 'files of a failed command without a shell',
  changes: 'changes of a step',
  liveFiles: 'files of a running container',
  buildWarnings: 'build warnings',
  imageStore: 'an image store',
};

/** The build that the golden screens show: a Dockerfile of three stages with 14 steps, told up to a chosen point. */
import { parseDockerfile } from '../../src/core/dockerfile/index.js';
import type { PlannedVertex } from '../../src/core/events.js';
import type { CapabilityName, ContainerSummary, ProcessSummary } from '../../src/core/model/index.js';
import { createFakeSession, type FakeSession } from './fake-session.js';

export const STORY_DOCKERFILE = `# syntax=docker/dockerfile:1
FROM node:20-alpine AS base
WORKDIR /app
COPY package*.json ./

FROM base AS deps
ENV NODE_ENV production
RUN --mount=type=cache,target=/root/.npm \\
    npm ci --omit=dev

FROM base AS build
# everything but node_modules
COPY . .
RUN apk add --no-cache git
RUN npm ci
RUN npm run build -- --out "dist/\${TARGET}"

FROM base AS runtime
COPY --from=deps /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
USER node
CMD ["node", "dist/main.js"]
`;

export const STORY_START_MS = Date.UTC(2026, 10, 23, 18, 2, 0);

export type StoryPoint = 'connecting' | 'planned' | 'running' | 'failed' | 'shell' | 'built';

const capability = { isAvailable: true, reason: '' };
const CAPABILITIES = Object.fromEntries(
  (
    [
      'failedState',
      'signals',
      'secretEnv',
      'files',
      'failedFiles',
      'changes',
      'liveFiles',
      'buildWarnings',
      'imageStore',
    ] as const
  ).map((name) => [name, capability]),
) as Readonly<Record<CapabilityName, typeof capability>>;

export const ENGINE = {
  name: 'Docker Engine 28.5.2',
  kind: 'buildkit',
  address: 'unix:///var/run/docker.sock',
  source: 'default socket',
  capabilities: CAPABILITIES,
} as const;

/** Instructions that the engine executes, with their last line. */
const EXECUTED: ReadonlyArray<readonly [step: number, line: number, name: string, op: PlannedVertex['op']]> = [
  [1, 2, '[base 1/3] FROM node:20-alpine', 'source'],
  [2, 3, '[base 2/3] WORKDIR /app', 'file'],
  [3, 4, '[base 3/3] COPY package*.json ./', 'file'],
  [6, 8, '[deps 1/1] RUN npm ci --omit=dev', 'exec'],
  [8, 13, '[build 1/4] COPY . .', 'file'],
  [9, 14, '[build 2/4] RUN apk add --no-cache git', 'exec'],
  [10, 15, '[build 3/4] RUN npm ci', 'exec'],
  [11, 16, '[build 4/4] RUN npm run build', 'exec'],
  [13, 19, '[runtime 1/2] COPY --from=deps', 'file'],
  [14, 20, '[runtime 2/2] COPY --from=build', 'file'],
];

/** Commands of the RUN steps, as the engine gives them. */
const COMMANDS: Readonly<Record<string, string>> = { '9': 'apk add --no-cache git', '10': 'npm ci' };

const digestOf = (step: number): string => `sha256:${String(step).padStart(4, '0')}`;

export function tellStory(point: StoryPoint): { session: FakeSession; nowMs: number } {
  const session = createFakeSession();
  const start = STORY_START_MS;
  let nowMs = start;
  const at = (offsetMs: number): number => {
    nowMs = start + offsetMs;
    return nowMs;
  };
  session.emit({ type: 'session.started', atMs: start, id: 's1', contextLabel: '.' });
  session.emit({
    type: 'generation.started',
    atMs: start,
    generation: 1,
    dockerfile: { path: '/src/app/Dockerfile', text: STORY_DOCKERFILE },
    plan: parseDockerfile(STORY_DOCKERFILE),
    target: null,
  });
  const ran = (step: number, fromMs: number, toMs: number | null, isCached = false, error = ''): void => {
    const [, , name] = EXECUTED.find(([number]) => number === step)!;
    session.report(at(toMs ?? fromMs), {
      type: 'vertex.updated',
      digest: digestOf(step),
      name,
      inputs: [],
      isCached,
      startedAtMs: start + fromMs,
      completedAtMs: toMs === null ? null : start + toMs,
      error,
    });
  };
  const log = (step: number, text: string): void =>
    session.report(nowMs, { type: 'log.appended', digest: digestOf(step), stream: 'stdout', text });

  if (point === 'connecting') return { session, nowMs: at(120) };
  session.emit({ type: 'engine.connected', atMs: at(150), engine: ENGINE });
  const context = { digest: 'sha256:ctx', name: '[internal] load build context', inputs: [], isCached: false, error: '' };
  session.report(at(180), { type: 'vertex.updated', ...context, startedAtMs: start + 160, completedAtMs: null });
  session.report(at(200), { type: 'context.transferred', name: 'context', bytes: 3_400_000, files: 212, isDone: false });
  const vertices = EXECUTED.map(([step, line, name, op]) => ({
    digest: digestOf(step),
    name,
    inputs: [],
    lines: { start: line, end: line },
    op,
  }));
  session.report(at(240), { type: 'plan.resolved', vertices });
  if (point === 'planned') return { session, nowMs: at(300) };

  session.report(at(400), { type: 'context.transferred', name: 'context', bytes: 12_300_000, files: 841, isDone: true });
  session.report(at(420), { type: 'vertex.updated', ...context, startedAtMs: start + 160, completedAtMs: start + 410 });
  session.report(at(430), {
    type: 'warning.reported',
    digest: digestOf(6),
    message: 'LegacyKeyValueFormat: "ENV key=value" should be used instead of legacy "ENV key value" format',
    detail: [],
    url: 'https://docs.docker.com/go/dockerfile/rule/legacy-key-value-format/',
    lines: { start: 7, end: 7 },
  });
  for (const step of [1, 2, 3]) ran(step, 440, 440, true);
  ran(6, 450, null);
  log(6, 'npm warn deprecated inflight@1.0.6: This module is not supported\r\nnpm warn deprecated glob@7.2.3\r\n');
  ran(8, 450, 870);
  ran(9, 880, null);
  log(9, 'fetch https://dl-cdn.alpinelinux.org/alpine/v3.20/main\n(1/4) Installing libcurl (8.9.1-r1)\n');
  log(9, '(2/4) Installing libexpat (2.6.2-r0)\n\x1b[32mOK: 24 MiB in 28 packages\x1b[0m\n');
  ran(9, 880, 3100);
  ran(10, 3110, null);
  log(10, '> native@2.1.0 install\n> node-gyp rebuild\n\n');
  log(10, 'gyp info it worked if it ends with ok\ngyp info using node@20.18.1 | linux | x64\n');
  log(10, 'downloading headers   0%\rdownloading headers  40%\rdownloading headers 100%\n');
  if (point === 'running') return { session, nowMs: at(9_400) };

  if (point === 'built') {
    ran(6, 450, 12_700);
    ran(10, 3110, 8400);
    ran(11, 8410, 12_600);
    ran(13, 12_710, 12_900);
    ran(14, 12_900, 13_000);
    session.report(at(13_010), { type: 'export.started' });
    const result = { imageId: `sha256:${'ab12'.repeat(16)}`, tags: ['app:latest'], outputs: [] };
    session.report(at(14_200), { type: 'build.succeeded', result });
    return { session, nowMs: at(20_000) };
  }

  log(10, '\x1b[31mgyp ERR! find Python\x1b[0m Python is not set from command line or npm configuration\n');
  log(10, 'gyp ERR! \x1b[1mstack\x1b[0m Error: Could not find any Python installation to use\nnpm error code 1\n');
  ran(6, 450, 11_950, false, 'context canceled');
  ran(10, 3110, 11_900, false, 'process "/bin/sh -c npm ci" did not complete successfully: exit code: 1');
  session.report(at(12_000), {
    type: 'build.failed',
    failure: {
      digest: digestOf(10),
      message: 'process "/bin/sh -c npm ci" did not complete successfully: exit code: 1',
      hint: null,
      exitCode: 1,
      line: 15,
    },
  });
  if (point === 'failed') return { session, nowMs: at(15_000) };

  openShell(session, at(12_100), 'p1', '10', 'failed');
  session
    .fakeTerminal('p1')
    .print(
      '/app $ npm ci\r\n\x1b[31mnpm error\x1b[0m gyp ERR! find Python\r\n/app $ python3 -V\r\nsh: python3: not found\r\n/app $ ',
    );
  openShell(session, at(40_000), 'p2', '9', 'after');
  session
    .fakeTerminal('p2')
    .print(
      '/app # ls -la\r\ntotal 312\r\ndrwxr-xr-x    1 root     root          4096 Nov 23 18:02 .\r\n名前 wide 🎉 end\r\n/app # ',
    );
  return { session, nowMs: at(53_000) };
}

export function openShell(
  session: FakeSession,
  atMs: number,
  id: string,
  step: string,
  moment: ContainerSummary['moment'],
  user?: string,
): void {
  const failed = moment === 'failed';
  const container: ContainerSummary = {
    id: `c${id.slice(1)}`,
    generation: session.state.generations.at(-1)?.number ?? 1,
    step,
    moment,
    state: 'running',
    user: failed ? 'node' : 'root',
    cwd: '/app',
    shell: ['/bin/sh'],
    mounts: failed ? [{ kind: 'cache', target: '/root/.npm', detail: 'shared', isMounted: true }] : [],
    stepCommand: COMMANDS[step] ?? null,
    hasHistory: false,
    note: null,
  };
  const process: ProcessSummary = {
    id,
    container: container.id,
    kind: 'shell',
    args: ['/bin/sh'],
    command: '/bin/sh',
    tty: true,
    user: user ?? container.user,
    state: 'running',
    startedAtMs: atMs,
    endedAtMs: null,
    exitCode: null,
    reason: null,
  };
  session.emit({ type: 'container.updated', atMs, container });
  session.emit({ type: 'process.updated', atMs, process });
}

/** A build for two platforms that the golden screens show: what both have in common, what each does by itself, and a command that fails on one. */
import { parseDockerfile } from '../../src/core/dockerfile/index.js';
import type { PlannedVertex } from '../../src/core/events.js';
import { createFakeSession, type FakeSession } from './fake-session.js';
import { ENGINE, openShell, STORY_START_MS } from './story.js';

const DOCKERFILE = `FROM alpine:3.20 AS tools
RUN apk add --no-cache build-base

FROM tools AS build
COPY src/ /src/
ARG TARGETARCH
RUN make -C /src ARCH=$TARGETARCH
RUN make -C /src check

FROM scratch
COPY --from=build /src/app /app
ENTRYPOINT ["/app"]
`;

const PLATFORMS = ['linux/amd64', 'linux/386'] as const;
type Platform = (typeof PLATFORMS)[number];

/** Instructions that the engine executes, on each platform. */
const EXECUTED: ReadonlyArray<readonly [line: number, name: string, op: PlannedVertex['op']]> = [
  [1, 'tools 1/2] FROM alpine:3.20', 'source'],
  [2, 'tools 2/2] RUN apk add --no-cache build-base', 'exec'],
  [5, 'build 1/3] COPY src/ /src/', 'file'],
  [7, 'build 2/3] RUN make -C /src ARCH=$TARGETARCH', 'exec'],
  [8, 'build 3/3] RUN make -C /src check', 'exec'],
  [11, 'stage-2 1/1] COPY --from=build /src/app /app', 'file'],
];

const digestOf = (platform: Platform, line: number): string => `sha256:${platform}-${line}`;

/** `shell`: in the step that has failed on the second platform, and in the same step of the first. */
export function tellPlatformsStory(point: 'failed' | 'shell'): { session: FakeSession; nowMs: number } {
  const session = createFakeSession();
  const start = STORY_START_MS;
  session.emit({ type: 'session.started', atMs: start, id: 's1', contextLabel: '.' });
  session.emit({
    ...{ type: 'generation.started', atMs: start, generation: 1, target: null },
    dockerfile: { path: '/src/app/Dockerfile', text: DOCKERFILE },
    plan: parseDockerfile(DOCKERFILE, PLATFORMS),
  });
  session.emit({ type: 'engine.connected', atMs: start + 150, engine: ENGINE });
  const vertices = PLATFORMS.flatMap((platform) =>
    EXECUTED.map(([line, name, op]) => ({
      ...{ digest: digestOf(platform, line), name: `[${platform} ${name}`, inputs: [], op, platform },
      lines: { start: line, end: line },
    })),
  );
  session.report(start + 240, { type: 'plan.resolved', vertices });
  const ran = (platform: Platform, line: number, fromMs: number, toMs: number | null, error = ''): void =>
    session.report(start + (toMs ?? fromMs), {
      ...{ type: 'vertex.updated', digest: digestOf(platform, line), inputs: [], error },
      name: `[${platform} ${EXECUTED.find(([one]) => one === line)![1]}`,
      isCached: fromMs === toMs,
      ...{ startedAtMs: start + fromMs, completedAtMs: toMs === null ? null : start + toMs },
    });
  const log = (platform: Platform, line: number, text: string): void =>
    session.report(start, { type: 'log.appended', digest: digestOf(platform, line), stream: 'stdout', text });

  for (const platform of PLATFORMS) {
    ran(platform, 1, 300, 300);
    ran(platform, 2, 310, 310);
    ran(platform, 5, 320, 400);
    ran(platform, 7, 410, null);
    log(platform, 7, `cc -o app main.c -march=${platform === 'linux/386' ? 'i686' : 'x86-64'}\n`);
  }
  ran('linux/amd64', 7, 410, 4_200);
  ran('linux/amd64', 8, 4_210, null);
  log('linux/amd64', 8, 'checking 1/3 ... ok\nchecking 2/3 ... ok\n');
  log('linux/386', 7, "main.c:12: error: '__int128' is not supported on this target\nmake: *** [Makefile:3: app] Error 1\n");
  const message = 'process "/bin/sh -c make -C /src ARCH=$TARGETARCH" did not complete successfully: exit code: 2';
  ran('linux/amd64', 8, 4_210, 5_920, 'context canceled');
  ran('linux/386', 7, 410, 5_900, message);
  session.report(start + 6_000, {
    type: 'build.failed',
    failure: { digest: digestOf('linux/386', 7), message, hint: null, exitCode: 2, line: 7 },
  });
  if (point === 'failed') return { session, nowMs: start + 15_000 };

  const { stages, steps } = session.state.generations[0]!;
  const stepOn = (platform: Platform): string =>
    Object.values(steps).find(({ lines, stage }) => lines?.start === 7 && stages[stage ?? -1]?.targetPlatform === platform)!.key;
  openShell(session, start + 7_000, 'p1', stepOn('linux/386'), 'failed');
  session.fakeTerminal('p1').print('/app $ uname -m\r\ni686\r\n/app $ ');
  openShell(session, start + 9_000, 'p2', stepOn('linux/amd64'), 'after');
  session.fakeTerminal('p2').print('/app # uname -m\r\nx86_64\r\n/app # ');
  return { session, nowMs: start + 20_000 };
}

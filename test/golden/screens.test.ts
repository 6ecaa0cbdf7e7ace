/** Golden screens: what a person sees at the usual sizes, as text. `UPDATE_GOLDENS=1` writes them anew; then read the difference. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parseDockerfile } from '../../src/core/dockerfile/index.js';
import { tellPlatformsStory } from './platforms-story.js';
import { createPaperClients, openStage, type PaperClient, type Stage, type StageOptions } from './stage.js';
import { type StoryPoint, tellStory } from './story.js';

interface Scene {
  readonly name: string;
  readonly point: StoryPoint | keyof typeof PLATFORM_POINTS;
  readonly sizes: ReadonlyArray<readonly [cols: number, rows: number]>;
  readonly options?: Partial<StageOptions>;
  readonly act?: (stage: Stage) => Promise<void>;
}

const PLATFORM_POINTS = { 'failed on one platform': 'failed', 'shells on two platforms': 'shell' } as const;

const tell = (point: Scene['point']): ReturnType<typeof tellStory> =>
  point in PLATFORM_POINTS
    ? tellPlatformsStory(PLATFORM_POINTS[point as keyof typeof PLATFORM_POINTS])
    : tellStory(point as StoryPoint);

const USUAL = [
  [160, 48],
  [100, 30],
  [80, 24],
] as const;

const both = async (stage: Stage): Promise<void> => {
  stage.handle.attach('p1');
  stage.handle.attach('p2');
  await stage.leave();
  await stage.press('1');
};

const AT_MS = tellStory('shell').nowMs;
const here: PaperClient = { label: 'pts/3', isReadOnly: false, connectedAtMs: AT_MS - 754_000 };
const others: readonly PaperClient[] = [
  { label: 'pts/5 from 192.0.2.7', isReadOnly: true, connectedAtMs: AT_MS - 41_000 },
  { label: 'pts/8', isReadOnly: false, connectedAtMs: AT_MS - 3_000 },
];
const attached = (...clients: readonly PaperClient[]): Partial<StageOptions> => ({
  deps: { clients: createPaperClients(...clients), canDetach: true },
});

const SCENES: readonly Scene[] = [
  { name: 'connecting', point: 'connecting', sizes: [[100, 30]] },
  { name: 'planned', point: 'planned', sizes: USUAL },
  { name: 'running', point: 'running', sizes: [...USUAL, [60, 20]] },
  { name: 'failed', point: 'failed', sizes: [...USUAL, [60, 20], [40, 10]] },
  { name: 'built', point: 'built', sizes: USUAL },
  { name: 'shell', point: 'shell', sizes: [...USUAL, [200, 60], [60, 20]], act: both },
  {
    name: 'typing',
    point: 'shell',
    sizes: USUAL,
    act: async (stage) => {
      stage.handle.attach('p1');
      await stage.settle();
    },
  },
  {
    name: 'shared-size',
    point: 'shell',
    sizes: USUAL,
    act: async (stage) => {
      stage.handle.attach('p1');
      stage.session.fakeTerminal('p1').fix({ cols: 40, rows: 8 });
      await stage.settle();
    },
  },
  {
    name: 'shared-size-larger',
    point: 'shell',
    sizes: [[80, 24]],
    act: async (stage) => {
      stage.handle.attach('p1');
      const terminal = stage.session.fakeTerminal('p1');
      terminal.fix({ cols: 132, rows: 60 });
      terminal.print('\x1b[2J\x1b[58;1Hline 58\x1b[58;100Hthe cursor is here:');
      await stage.settle();
    },
  },
  {
    name: 'three-screens',
    point: 'shell',
    sizes: [
      [160, 48],
      [80, 24],
      [60, 20],
    ],
    options: attached(here, ...others),
    act: (stage) => both(stage).then(() => stage.press('4')),
  },
  {
    name: 'three-screens-quit',
    point: 'shell',
    sizes: [[80, 24]],
    options: attached(here, ...others),
    act: (stage) => stage.leave().then(() => stage.press('q')),
  },
  {
    name: 'read-only',
    point: 'shell',
    sizes: [...USUAL, [60, 20]],
    options: attached({ ...here, isReadOnly: true }, ...others),
    act: (stage) => both(stage).then(() => stage.press('enter')),
  },
  { name: 'zoomed', point: 'shell', sizes: [[80, 24]], act: (stage) => both(stage).then(() => stage.press('2', 'z')) },
  { name: 'too-small', point: 'running', sizes: [[30, 8]] },
  { name: 'ascii-mono', point: 'failed', sizes: USUAL, options: { glyphs: 'ascii', colorDepth: 'mono' } },
  { name: 'help', point: 'failed', sizes: [[100, 30]], act: (stage) => stage.press('?') },
  { name: 'palette', point: 'failed', sizes: [[100, 30]], act: (stage) => stage.press('C-p', 'r', 'e', 'l') },
  { name: 'options', point: 'failed', sizes: [[80, 24]], act: (stage) => stage.press('T', 'right', 'tab', 'r', 'o') },
  { name: 'quit', point: 'running', sizes: [[80, 24]], act: (stage) => stage.press('q') },
  { name: 'command', point: 'failed', sizes: [[80, 24]], act: (stage) => stage.press(':', 'r', 'tab') },
  { name: 'search', point: 'failed', sizes: [[100, 30]], act: (stage) => stage.press('3', '/', 'g', 'y', 'p', 'enter', 'n') },
  { name: 'folded', point: 'running', sizes: [[80, 24]], act: (stage) => stage.press('k', 'k', 'space', 'H') },
  {
    name: 'processes',
    point: 'shell',
    sizes: [[80, 24]],
    act: (stage) =>
      both(stage)
        .then(() => stage.settle(501))
        .then(() => stage.press('4', 'j')),
  },
  {
    name: 'ended',
    point: 'shell',
    sizes: USUAL,
    act: async (stage) => {
      stage.handle.attach('p1');
      stage.endProcess('p1', 7);
      await stage.settle(400);
    },
  },
  {
    name: 'copy',
    point: 'shell',
    sizes: [[100, 30]],
    act: (stage) => both(stage).then(() => stage.press('2', 'v', 'k', 'V', 'k', 'k')),
  },
  { name: 'cached-log', point: 'running', sizes: [[80, 24]], act: (stage) => stage.press('g') },
  {
    name: 'stages-alike',
    point: 'failed',
    sizes: [
      [160, 48],
      [80, 24],
    ],
    act: async (stage) => {
      const names = ['application-runtime-one', 'application-runtime-two', 'tools'];
      const text = names.map((name) => `FROM alpine:3.20 AS ${name}\nRUN make ${name}\n`).join('');
      const dockerfile = { path: '/src/app/Dockerfile', text };
      const plan = parseDockerfile(text);
      stage.session.emit({ type: 'generation.started', atMs: AT_MS, generation: 2, dockerfile, plan, target: null });
      await stage.settle();
    },
  },
  {
    name: 'waiting',
    point: 'running',
    sizes: USUAL,
    act: (stage) => {
      stage.session.onExecute = () => new Promise(() => undefined);
      return stage.press('.', 'enter');
    },
  },
  { name: 'platforms-failed', point: 'failed on one platform', sizes: [...USUAL, [60, 20]] },
  { name: 'platforms-shells', point: 'shells on two platforms', sizes: USUAL, act: both },
  {
    name: 'platforms-processes',
    point: 'shells on two platforms',
    sizes: [[80, 24]],
    act: (stage) => both(stage).then(() => stage.press('4')),
  },
  { name: 'source', point: 'failed', sizes: [[80, 24]], act: (stage) => stage.press('5') },
];

const isUpdating = process.env.UPDATE_GOLDENS === '1';

for (const scene of SCENES) {
  for (const [cols, rows] of scene.sizes) {
    const name = `${scene.name}-${cols}x${rows}`;
    test(name, async () => {
      const { session, nowMs } = tell(scene.point);
      const stage = await openStage({ session, nowMs, cols, rows, ...scene.options });
      await stage.settle();
      await scene.act?.(stage);
      const seen = `${stage.text()}\n`;
      stage.handle.close();
      const path = fileURLToPath(new URL(`./screens/${name}.golden.txt`, import.meta.url));
      if (isUpdating) writeFileSync(path, seen);
      else expect(existsSync(path), `${path} is missing; UPDATE_GOLDENS=1 writes it`).toBe(true);
      expect(seen).toBe(readFileSync(path, 'utf8'));
    });
  }
}

/** What the header and the borders say in the room that there is. */

import { describe, expect, test } from 'vitest';
import { parseDockerfile } from '../../../src/core/dockerfile/index.js';
import type { TitleSegment } from '../../../src/ui/panels/frame.js';
import { tabSegments } from '../../../src/ui/panels/tab-titles.js';
import { progressText } from '../../../src/ui/select/progress.js';
import { openShell, tellStory } from '../../golden/story.js';
import { open, session, stage } from './on-stage.js';

/** The tabs as they stand on the border; the second one is in front. */
function tabs(count: number, room: number): string {
  const { session: told } = tellStory('failed');
  const moments = ['failed', 'after', 'before'] as const;
  for (let index = 0; index < count; index++) openShell(told, 1, `p${index + 1}`, String(10 - index), moments[index % 3]!);
  const view = { tabs: told.state.processes.map(({ id }) => id), activeTab: 'p2' };
  return tabSegments({ state: told.state, view, foreignSize: null }, room)
    .map(({ text, tail, isClose }: TitleSegment, index) => `${index === 0 ? '' : isClose ? ' ' : '  '}${text}${tail ?? ''}`)
    .join('');
}

describe('tabs of the terminal panel', () => {
  test.each([
    [3, 60, '1:#10 failed  2:#9*  3:#8 before'],
    [3, 24, '1:#10  2:#9* 3:#8'],
    [3, 16, '#10 #9* #8'],
    [2, 16, '1:#10  2:#9*'],
    [2, 13, '1:#10 2:#9*'],
    [2, 10, '#10 #9*'],
    [9, 16, '#9* 2/9'],
    [2, 3, '#9* 2/2'],
  ])('%i of them in %i cells each name their step', (count, room, line) => {
    expect(tabs(count, room)).toBe(line);
  });

  test('of a run before say so, in whatever room there is', () => {
    const { session: told } = tellStory('failed');
    openShell(told, 1, 'p1', '10', 'failed');
    const { generations } = told.state;
    const state = { ...told.state, generations: [...generations, { ...generations[0]!, number: 2 }] };
    const view = { tabs: ['p1'], activeTab: 'p1' };
    const said = (room: number) =>
      tabSegments({ state, view, foreignSize: null }, room).map(({ text, tail = '' }) => text + tail);
    expect(said(60)).toEqual(['1:#10 failed run 1*']);
    expect(said(18)).toEqual(['1:#10 run 1*']);
    expect(said(12)).toEqual(['#10 run 1*']);
  });

  test('a click on a short one shows it', async () => {
    await open('shell', { cols: 80, rows: 24 });
    stage.handle.attach('p1');
    stage.handle.attach('p2');
    await stage.leave();
    const border = stage.text().split('\n')[1]!;
    expect(border).toContain(' 1:#10  2:#9* ');
    const mouse = { type: 'mouse', button: 'left', shift: false, meta: false, ctrl: false, raw: new Uint8Array() } as const;
    await stage.event({ ...mouse, action: 'press', x: border.indexOf('1:#10') + 2, y: 1 });
    expect(stage.text()).toContain(' 1:#10* 2:#9 ');
  });
});

describe('the header', () => {
  const command = 'make -C tools all && ./tools/fetch --retries 3 https://example.org/archive';

  async function failedAt(cols: number): Promise<string> {
    await open('failed', { cols, rows: 30 });
    const dockerfile = { path: '/src/app/Dockerfile', text: `FROM busybox\nRUN ${command}\n` };
    session.emit({
      type: 'generation.started',
      atMs: 1,
      generation: 2,
      dockerfile,
      plan: parseDockerfile(dockerfile.text),
      target: null,
    });
    const vertex = { digest: 'sha256:a', name: `[2/2] RUN ${command}`, inputs: [], lines: { start: 2, end: 2 } } as const;
    session.report(2, { type: 'plan.resolved', vertices: [{ ...vertex, op: 'exec' }] });
    const failure = { digest: vertex.digest, message: 'it failed', hint: null, exitCode: 2, line: 2 };
    session.report(3, { type: 'build.failed', failure });
    await stage.settle();
    return stage.text().split('\n')[0]!;
  }

  test('says the failed command whole where there is room, before any detail', async () => {
    expect(await failedAt(120)).toMatch(new RegExp(`^ bxtui .*✘ FAILED exit 2 at 2/2 RUN ${command.slice(0, 40)}.*archive +\\S`));
  });

  test('has place for both where it is wide', async () => {
    expect(await failedAt(200)).toMatch(
      /^ bxtui {2}\.\/Dockerfile {2}Docker Engine 28\.5\.2 \(\S.*?\) {2}run 2 {2}✘ FAILED .*archive /,
    );
  });

  test('says where one is in a wide row, at the cost of the end of the command', async () => {
    expect(await failedAt(150)).toMatch(
      /^ bxtui {2}\.\/Dockerfile {2}Docker Engine 28\.5\.2 .*✘ FAILED exit 2 at 2\/2 RUN make -C tools all/,
    );
  });

  test('cuts it only at what must be there', async () => {
    expect(await failedAt(80)).toMatch(/^ bxtui {2}✘ FAILED exit 2 at 2\/2 RUN make -C tools all && \.\/tools\/.*… {2,3}\S+$/);
  });
});

describe('the progress of a build', () => {
  const ended = { total: 16, done: 9, failed: 1, stopped: 1, notRun: 5 };

  test.each([
    [60, '9 of 16 steps done, 1 failed, 1 stopped, 5 not run'],
    [44, '9 of 16 done, 1 failed, 1 stopped, 5 not run'],
    [38, '9 done, 1 failed, 1 stopped, 5 not run'],
  ])('in %i cells', (room, text) => {
    expect(progressText(ended, room)).toBe(text);
  });

  test('what has not run may still do so while the build goes on', () => {
    expect(progressText({ ...ended, failed: 0, stopped: 0, notRun: null }, 40)).toBe('9 of 16 steps done');
    expect(progressText({ total: 3, done: 3, failed: 0, stopped: 0, notRun: 0 }, 40)).toBe('3 of 3 steps done');
  });
});

describe('a terminal that is too small', () => {
  test.each([
    ['running', 'the build continues.'],
    ['failed', 'the build has failed.'],
    ['shell', 'the build has failed, 2 programs run on.'],
    ['built', 'the build is done.'],
  ] as const)('says how it stands when %s', async (point, sentence) => {
    await open(point, { cols: 30, rows: 8 });
    expect(stage.text().replaceAll(/\s+/g, ' ')).toContain(`bxtui needs 40x10 cells; ${sentence}`);
  });
});

/** The lines that the screen writes into terminals: what comes first, where they break, what they never let through. */
import { describe, expect, test } from 'vitest';
import type { ContainerSummary, ProcessSummary, Step } from '../../../src/core/model/index.js';
import { textWidth } from '../../../src/platform/text-width.js';
import { bannerText, endText, type LineStyle } from '../../../src/ui/control/terminal-lines.js';
import { openShell, tellStory } from '../../golden/story.js';

const STYLE: LineStyle = {
  isReplay: false,
  isAscii: false,
  leaveLabel: '^]',
  sgr: { accent: '36', dim: '2', strong: '1', warning: '33', good: '32', bad: '31' },
};

const EXIT_7 = {
  step: '10',
  message: 'process "npm ci" did not complete successfully: exit code: 7',
  hint: null,
  exitCode: 7,
  line: 15,
};

function parts(step: string, moment: ContainerSummary['moment']) {
  const { session } = tellStory('failed');
  openShell(session, 1, 'p1', step, moment);
  const process: ProcessSummary = session.state.processes[0]!;
  return { step: session.state.generations[0]!.steps[step] as Step, container: session.state.containers.c1!, process };
}

const plain = (text: string): string[] =>
  text
    .replaceAll(/\x1b\[[\d;]*m/g, '')
    .split('\r\n')
    .filter((line) => line !== '');

describe('the banner', () => {
  test('names step, instruction, line, state, user, directory and mounts in this order', () => {
    const { step, container, process } = parts('10', 'failed');
    expect(
      plain(bannerText({ step, container, platform: null, shortPlatform: null, failure: EXIT_7 }, process, 200, STYLE)),
    ).toEqual([
      'step 10 · RUN npm ci · line 15 · failed state · user node · /app · mounts: cache /root/.npm',
      'exit 7: npm ci   (^] C runs it again)',
    ]);
  });

  test('has the command as it stands in the Dockerfile, not the script that runs it again', () => {
    const { step, container, process } = parts('10', 'failed');
    const scripted = { ...container, stepCommand: '/bin/sh /.bxtui/step.sh', hasHistory: false };
    const place = { step, container: scripted, platform: null, shortPlatform: null, failure: EXIT_7 };
    expect(plain(bannerText(place, process, 200, STYLE))[1]).toBe('exit 7: npm ci   (^] C runs it again)');
    const known = { ...place, container: { ...scripted, hasHistory: true } };
    expect(plain(bannerText(known, process, 200, STYLE))[1]).toContain('/bin/sh /.bxtui/step.sh   (up-arrow has it)');
  });

  test('says why a step failed that has no exit status', () => {
    const { step, container, process } = parts('10', 'failed');
    const failure = {
      ...EXIT_7,
      exitCode: null,
      message: '"/dist" is not in the build context',
      hint: 'It is there, and left out.',
    };
    const place = { step, container, platform: null, shortPlatform: null, failure };
    expect(plain(bannerText(place, process, 200, STYLE)).slice(1)).toEqual([
      '"/dist" is not in the build context',
      'It is there, and left out.',
      'failed: npm ci   (^] C runs it again)',
    ]);
    expect(plain(bannerText(place, { ...process, kind: 'exec' }, 200, STYLE))).toHaveLength(1);
  });

  test('breaks between words and takes three rows at most, whatever is mounted', () => {
    const { step, container, process } = parts('10', 'failed');
    const mounts = Array.from({ length: 30 }, (_, index) => ({
      kind: 'cache' as const,
      target: `/a/rather/long/path/number-${index}`,
      detail: 'shared',
      isMounted: true,
    }));
    for (const cols of [32, 50, 80, 160]) {
      const lines = plain(
        bannerText(
          { step, container: { ...container, mounts }, platform: null, shortPlatform: null, failure: EXIT_7 },
          process,
          cols,
          STYLE,
        ),
      );
      expect(lines.length).toBe(4);
      expect(lines[2]).toMatch(/…$/);
      expect(lines.join(' ')).toContain('step 10 · RUN npm ci · line 15 · ');
      for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(cols);
    }
  });

  test('keeps sentences about what is missing short, and hostile names inert', () => {
    const { step, container, process } = parts('9', 'after');
    const hostile = '\x1b]52;c;aGk=\x07\x1b[2J/evil';
    const mounts = [{ kind: 'secret' as const, target: hostile, detail: 'no such secret', isMounted: false }];
    const note = 'This is not the state that was asked for, and the reason takes a long sentence. '.repeat(6);
    const text = bannerText(
      { step, container: { ...container, user: hostile, mounts, note }, platform: null, shortPlatform: null, failure: EXIT_7 },
      process,
      50,
      STYLE,
    );
    expect(text).not.toContain('\x1b]');
    expect(text).not.toContain('\x1b[2J');
    expect(plain(text).filter((line) => /asked for|…$/.test(line)).length).toBeLessThanOrEqual(3);
    expect(plain(text).at(-1)).toBe('command: apk add --no-cache git   (^] C runs it)');
  });
});

describe('the last line', () => {
  const { process } = parts('10', 'failed');
  const ended: ProcessSummary = { ...process, state: 'exited', endedAtMs: 2, exitCode: 7 };

  test('keeps the exit code where the pane is narrow', () => {
    expect(plain(endText(ended, 80, STYLE))).toEqual(['── exit 7 · Enter starts it again · X closes ──']);
    expect(plain(endText(ended, 40, STYLE))).toEqual(['── exit 7 · Enter again · X closes ──']);
    expect(plain(endText(ended, 14, STYLE))).toEqual(['── exit 7 ──']);
  });

  test('offers nothing in a replay', () => {
    expect(plain(endText(ended, 80, { ...STYLE, isReplay: true }))).toEqual(['── exit 7 ──']);
  });

  test('gives the reason where there is no exit code', () => {
    const lost: ProcessSummary = { ...ended, state: 'lost', exitCode: null, reason: 'the engine went away' };
    expect(plain(endText(lost, 80, STYLE))).toEqual(['the engine went away', '── lost · Enter starts it again · X closes ──']);
  });

  test('is red for a failure and green for none', () => {
    expect(endText(ended, 80, STYLE)).toContain('\x1b[0;31mexit 7');
    expect(endText({ ...ended, exitCode: 0 }, 80, STYLE)).toContain('\x1b[0;32mexit 0');
  });
});

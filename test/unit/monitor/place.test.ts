/** What is said of the place of a shell that opens at a prompt. */
import { describe, expect, it } from 'vitest';
import { describePlace } from '../../../src/monitor/place.js';
import { FakeSession } from './fake-session.js';

function told(text: string, step: string, stepCommand: string): string | undefined {
  const session = new FakeSession();
  session.startBuild(text);
  session.plan(['d2', 'RUN', 2]);
  session.report({ type: 'build.failed', failure: { digest: 'd2', message: 'no', hint: null, exitCode: 3, line: 2 } });
  const container = session.openContainer(step, 'failed', { stepCommand, hasHistory: true });
  return describePlace(session.state, container.id).at(-1);
}

describe('the place of a shell', () => {
  it.each([
    ['FROM scratch\nRUN echo a # b\n', 'failed command: echo a # b'],
    ['FROM scratch\nRUN --mount=type=cache,target=/c --network=none make\n', 'failed command: make'],
    ['FROM scratch\nRUN <<EOF\nmake all\nEOF\n', 'failed command: <<EOF (make all)'],
    ['FROM scratch\nCOPY a b\n', 'failed command: /bin/sh /.bxtui/step.sh'],
  ])('has the failed command as it is written: %j', (text, line) => {
    expect(told(text, '2', '/bin/sh /.bxtui/step.sh')).toBe(line);
  });
});

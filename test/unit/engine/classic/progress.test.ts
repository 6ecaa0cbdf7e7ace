/** The classic builder's answer, cut anywhere, as events. */
import { describe, expect, it } from 'vitest';
import { parseDockerfile } from '../../../../src/core/dockerfile/index.js';
import type { EngineEvent } from '../../../../src/core/events.js';
import { wholeBuild } from '../../../../src/engine/classic/cut.js';
import { createProgress } from '../../../../src/engine/classic/progress.js';
import { createMessageReader } from '../../../../src/engine/shared/message-stream.js';

const FILE = 'ARG X\nFROM scratch\nCOPY a /\nRUN make ✓\n';
const say = (stream: string): object => ({ stream });
const MESSAGES = [
  say('Step 1/4 : ARG X'),
  say('Step 2/4 : FROM scratch'),
  say('\n'),
  say(' ---> \n'),
  say('Step 3/4 : COPY a /'),
  say(' ---> Using cache\n'),
  say(' ---> 1834921fd318\n'),
  say('Step 4/4 : RUN make ✓'),
  say(' ---> Running in 9bd230676053\n'),
  say('Step 4/4 : RUN make ✓\n ---> aaaaaaaaaaaa\n'),
  say(' ---> bbbbbbbbbbbb\n'),
  say('\u001b[91mfür err\n\u001b[0m'),
];

function run(messages: readonly object[], size: number) {
  const progress = createProgress(wholeBuild(parseDockerfile(FILE), null), (step) => `d${step}`);
  const reader = createMessageReader();
  const bytes = Buffer.from(messages.map((message) => `${JSON.stringify(message)}\r\n`).join(''));
  const events: EngineEvent[] = [];
  for (let at = 0; at < bytes.length; at += size)
    for (const message of reader.push(bytes.subarray(at, at + size))) events.push(...progress.take(message));
  for (const message of reader.end()) events.push(...progress.take(message));
  const logs = events.flatMap((event) =>
    event.type === 'log.appended' ? [`${event.digest} ${event.stream} ${event.text}`] : [],
  );
  return { progress, events, logs };
}

describe('the answer to a classic build', () => {
  it.each([1, 2, 3, 7, 64, 100_000])('is the same in chunks of %i bytes', (size) => {
    const { progress, logs } = run(MESSAGES, size);
    expect(logs).toEqual([
      'd2 stdout  ---> 1834921fd318\n',
      'd3 stdout Step 4/4 : RUN make ✓\n ---> aaaaaaaaaaaa\n',
      'd3 stdout  ---> bbbbbbbbbbbb\n',
      'd3 stderr für err\n',
    ]);
    expect([...progress.images]).toEqual([['2', '1834921fd318']]);
    expect(progress.current).toBe('3');
  });

  it.each(['Removing', ' ---> Removed'])('ends a command with its own container only (%s)', (word) => {
    const removed = (id: string): object => say(`${word} intermediate container ${id}\n`);
    const { progress, events } = run(
      [...MESSAGES, removed('111111111111'), removed('9bd230676053'), say(' ---> cccccccccccc\n')],
      50,
    );
    expect(progress.images.get('3')).toBe('cccccccccccc');
    expect([...progress.containers]).toEqual([]);
    expect(events).toContainEqual({ type: 'image.made', digest: 'd3', imageId: 'cccccccccccc' });
    expect(events.at(-1)).toMatchObject({ digest: 'd3', isCached: false, completedAtMs: expect.any(Number), error: '' });
  });

  it('keeps an error with its code and the container that it has left', () => {
    const { progress } = run([...MESSAGES, { errorDetail: { code: 3, message: 'bad' }, error: 'bad' }], 9);
    expect(progress.failure).toEqual({ message: 'bad', code: 3 });
    expect(progress.container).toBe('9bd230676053');
  });

  it('refuses what is no message', () => {
    expect(() => createMessageReader().push(Buffer.from('<html>\n'))).toThrow(/no message/);
  });
});

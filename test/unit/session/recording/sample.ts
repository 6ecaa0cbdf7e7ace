/** A record as a recorder makes it: a build with a failing step, two terminals with output, sizes and ends. */
import { parseDockerfile } from '../../../../src/core/dockerfile/index.js';
import type { EngineEvent, SessionEvent } from '../../../../src/core/events.js';
import type { ProcessSummary } from '../../../../src/core/model/index.js';
import { initialState } from '../../../../src/core/reduce/index.js';
import {
  type Entry,
  encodeBytes,
  encodeLine,
  FORMAT,
  FORMAT_VERSION,
  type RecordHeader,
} from '../../../../src/session/recording/format.js';

export const SAMPLE_START_MS = 1_000_000;

export const SAMPLE_HEADER: RecordHeader = {
  type: 'header',
  format: FORMAT,
  version: FORMAT_VERSION,
  program: '0.1.0',
  session: 's1',
  pid: 0,
  segment: 1,
  atMs: SAMPLE_START_MS,
  context: '.',
};

const DOCKERFILE = 'FROM scratch\nARG TOKEN=abc123def\nRUN one\nRUN two\n';

/** `lines`: of the log of the first RUN, one each 10 ms. */
export function sampleEntries(lines = 20): Entry[] {
  const entries: Entry[] = [{ type: 'snapshot', atMs: SAMPLE_START_MS, state: initialState(), logs: [], terminals: [] }];
  let atMs = SAMPLE_START_MS;
  const after = (ms: number): number => {
    atMs += ms;
    return atMs;
  };
  const event = (made: SessionEvent): void => void entries.push({ type: 'event', atMs, event: made });
  const report = (made: EngineEvent): void => event({ type: 'engine.reported', atMs, generation: 1, event: made });
  const print = (process: string, text: string | Uint8Array): void =>
    void entries.push({ type: 'output', atMs: after(20), process, data: encodeBytes(Buffer.from(text)) });
  const starts = new Map<string, number>();
  const startOf = (id: string): number => {
    if (!starts.has(id)) starts.set(id, atMs);
    return starts.get(id)!;
  };
  const process = (id: string, change: Partial<ProcessSummary>): void =>
    event({
      type: 'process.updated',
      atMs: after(5),
      process: {
        ...{ id, container: 'c1', kind: 'shell', args: ['/bin/sh'], command: '/bin/sh', tty: true },
        ...{ user: 'root', state: 'running' },
        ...{ startedAtMs: startOf(id), endedAtMs: null, exitCode: null, reason: null },
        ...change,
      },
    });
  const vertex = (line: number, isDone: boolean, error = ''): void =>
    report({
      ...{ type: 'vertex.updated', digest: `v${line}`, name: `v${line}`, inputs: [], isCached: false, error },
      ...{ startedAtMs: atMs - 1, completedAtMs: isDone ? atMs : null },
    });

  event({ type: 'session.started', atMs, id: 's1', contextLabel: '.' });
  event({
    type: 'generation.started',
    atMs,
    generation: 1,
    dockerfile: { path: '/x/Dockerfile', text: DOCKERFILE },
    plan: parseDockerfile(DOCKERFILE),
    target: null,
  });
  const capabilities = { signals: { isAvailable: true, reason: '' } } as never;
  event({
    type: 'engine.connected',
    atMs: after(3),
    engine: { name: 'fake', kind: 'buildkit', address: 'x', source: 'y', capabilities },
  });
  report({
    type: 'plan.resolved',
    vertices: [3, 4].map((line) => ({
      digest: `v${line}`,
      name: `v${line}`,
      inputs: [],
      lines: { start: line, end: line },
      op: 'exec',
    })),
  });
  after(100);
  vertex(3, false);
  for (let line = 0; line < lines; line++) {
    after(10);
    report({ type: 'log.appended', digest: 'v3', stream: 'stdout', text: `line ${line} TOKEN=abc123def\n` });
  }
  vertex(3, true);
  vertex(4, true, 'exit code: 3');
  report({ type: 'build.failed', failure: { digest: 'v4', message: 'exit code: 3', hint: null, exitCode: 3, line: 4 } });
  process('p1', {});
  entries.push({ type: 'resize', atMs, process: 'p1', cols: 100, rows: 30 });
  print('p1', '$ ');
  print('p1', 'echo é名'.slice(0, 6));
  print('p1', Buffer.from('名').subarray(0, 2));
  print('p1', Buffer.from('名').subarray(2));
  after(60_000);
  print('p1', '\r\nafter a long time\r\n');
  entries.push({ type: 'resize', atMs: after(5), process: 'p1', cols: 60, rows: 20 });
  process('p2', { kind: 'exec', args: ['env'], command: 'env' });
  print('p2', 'TOKEN=abc123def\r\nHOME=/root\r\n');
  process('p2', { state: 'exited', endedAtMs: atMs, exitCode: 0 });
  process('p1', { state: 'exited', endedAtMs: atMs, exitCode: 0 });
  entries.push({ type: 'end', atMs: after(10) });
  return entries;
}

export function sampleText(entries: readonly Entry[] = sampleEntries(), header: RecordHeader = SAMPLE_HEADER): string {
  return [header, ...entries].map(encodeLine).join('');
}

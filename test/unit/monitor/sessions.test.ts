/** The commands that look beyond their own session: `list`, `attach`, `disconnect`, `kill`, `detach`. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { MonitorDeps } from '../../../src/monitor/command.js';
import { createCommandLine } from '../../../src/monitor/command-line.js';
import type { SessionRow } from '../../../src/monitor/sessions.js';
import { BxError } from '../../../src/platform/errors.js';
import { FakeSession } from './fake-session.js';

const row = (id: string, more: Partial<SessionRow> = {}): SessionRow => ({
  id,
  state: 'failed',
  version: null,
  context: 'other',
  dockerfile: '/src/other/Dockerfile',
  startedAtMs: 1_000,
  builder: 'Docker Engine 28',
  shells: 2,
  clients: 1,
  endsAtMs: null,
  ...more,
});

let session: FakeSession;
let rows: SessionRow[];
let done: string[];
const deps = (more: Partial<MonitorDeps> = {}): MonitorDeps => ({
  session,
  sessions: {
    ids: () => rows.map(({ id }) => id),
    list: async () => rows,
    end: async (id) => void done.push(`end ${id}`),
    attach: async (id) => {
      done.push(`attach ${id}`);
      return `at ${id}`;
    },
  },
  attach: (process) => {
    done.push(`show ${process}`);
    return '';
  },
  exit: () => void done.push('exit'),
  size: () => ({ cols: 100, rows: 30 }),
  hasTerminal: true,
  invoke: null,
  now: () => 3 * 3_600_000,
  ...more,
});
const run = async (line: string, more: Partial<MonitorDeps> = {}) => (await createCommandLine(deps(more)).run(line)).text;
const refusal = async (line: string, more: Partial<MonitorDeps> = {}): Promise<BxError> => {
  const error = await run(line, more).catch((thrown: unknown) => thrown);
  if (error instanceof BxError) return error;
  throw new Error(`${line} was not refused`);
};

beforeEach(() => {
  session = new FakeSession();
  session.startBuild();
  session.fail();
  rows = [row('12ab34cd'), row('12ffffff', { state: 'crashed', builder: null, context: 'evil\u001b[2J' })];
  done = [];
});

describe('list', () => {
  it('shows all there is to know, this session too, which lives in no directory', async () => {
    const lines = (await run('list')).split('\n').map((line) => line.split(/ {2,}/));
    expect(lines).toEqual([
      ['ID', 'CURRENT', 'STATE', 'AGE', 'ENGINE', 'SHELLS', 'CLIENTS', 'ENDS', 'CONTEXT'],
      ['12ab34cd', 'failed', '3h', 'Docker 28', '2', '1', '-', 'other'],
      ['12ffffff', 'crashed', '3h', '-', '2', '1', '-', 'evil'],
      ['abcd', 'yes', 'failed', '3h', '-', '0', '1', '-', 'app'],
    ]);
  });

  it('marks the current one where the directory has it, and says when it ends', async () => {
    rows = [row('abcd', { endsAtMs: 4 * 3_600_000 })];
    const text = await run('list');
    expect(text.split('\n')).toHaveLength(2);
    expect(text).toMatch(/^abcd +yes .* in 1h /m);
  });

  it('works without a session, and without a directory', async () => {
    expect(await run('list', { session: null })).not.toContain('yes');
    rows = [];
    expect(await run('list', { session: null })).toContain('there is no session');
    const { sessions: _, ...alone } = deps();
    expect((await createCommandLine(alone).run('list')).text).toContain('abcd');
  });
});

describe('attach', () => {
  it('means a process of this session first, then a session', async () => {
    session.openContainer('6', 'failed');
    session.start('c1', [], true);
    expect(await run('attach p')).toBe('');
    expect(await run('attach 12a')).toBe('at 12ab34cd');
    expect(done).toEqual(['show p1', 'attach 12ab34cd']);
  });

  it('refuses what is not there, what several have, and this session', async () => {
    expect((await refusal('attach nope')).message).toBe('there is no process and no session nope');
    expect((await refusal('attach 12')).message).toBe('several sessions begin with 12: 12ab34cd, 12ffffff');
    expect((await refusal('attach abcd')).message).toBe('abcd is this session');
    expect((await refusal('attach')).hint).toBe('usage: attach ID');
  });

  it('is completed with processes and the other sessions', () => {
    session.openContainer('6', 'failed');
    session.program = () => ({ output: '', exitCode: null });
    session.start('c1', [], true);
    expect(createCommandLine(deps()).complete('attach ', 7).candidates).toEqual(['p1', '12ab34cd', '12ffffff']);
  });
});

describe('disconnect and kill', () => {
  it('end another session without touching this one', async () => {
    expect(await run('disconnect 12f')).toBe('session 12ffffff ended');
    expect(done).toEqual(['end 12ffffff']);
  });

  it('end this session as its front end does that', async () => {
    const endSession = async (byForce: boolean) => {
      done.push(byForce ? 'killed' : 'disconnected');
      return 'gone';
    };
    expect(await run('disconnect', { endSession })).toBe('gone');
    await run('disconnect abcd', { endSession });
    await run('kill', { endSession });
    await run('kill');
    expect(done).toEqual(['disconnected', 'disconnected', 'killed', 'exit']);
    expect((await refusal('kill 12ab34cd')).message).toContain('disconnect ID');
  });

  it('need a session, as everything does that acts in one', async () => {
    for (const line of ['disconnect', 'kill', 'ps', 'exec ls', 'rollback', 'reload', 'steps']) {
      const error = await refusal(line, { session: null });
      expect([line, error.message, error.code]).toEqual([line, 'no session is attached', 'state']);
    }
    expect(await run('disconnect 12a', { session: null })).toContain('ended');
  });
});

describe('detach', () => {
  it('leaves a session that can live without its front end, and no other', async () => {
    await run('detach', { detach: () => void done.push('detached') });
    expect(done).toEqual(['detached']);
    expect((await refusal('detach')).hint).toContain('--detach');
  });
});

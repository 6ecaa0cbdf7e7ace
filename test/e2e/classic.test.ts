/** A build with DOCKER_BUILDKIT=0: its failed command, its steps, a reload, and nothing left on the engine. */
import { afterEach, describe, expect, it } from 'vitest';
import { createApi } from '../../src/engine/classic/api.js';
import { engineEnv, isDocker, testEngine } from '../helpers/engines.js';
import { BASE, createProject, removeProjects } from '../helpers/project.js';
import { inShell, leaveTerminal, openSession, quit, rollbackTo, shellOpens } from '../helpers/session.js';
import { closeTerminals } from '../helpers/terminal.js';

const CLASSIC = 'classic+';
const address = testEngine().replace(CLASSIC, '');

afterEach(async () => {
  await closeTerminals();
  removeProjects();
});

describe.skipIf(!isDocker(address))('the classic builder', () => {
  it('is debugged like any other, and left as it was', async () => {
    const api = createApi({ kind: 'docker', address, source: 'the test', tls: null });
    type Found = readonly { readonly Id: string }[];
    const containers = async () =>
      (await api.json<Found>('GET', '/containers/json', { query: { all: '1' } })).map(({ Id }) => Id);
    const before = new Set(await containers());
    const project = createProject(`${BASE}RUN echo five > /five\nRUN echo partial > /six; exit 6\n`);
    const terminal = await openSession(project, { env: engineEnv(`${CLASSIC}${address}`) });
    await shellOpens(terminal);
    expect(await inShell(terminal, 'cat /five /six')).toMatch(/five\s+partial/);
    await rollbackTo(terminal, 4);
    expect(await inShell(terminal, 'ls /five /six 2>&1 | grep -c No')).toBe('2');
    project.edit('exit 6', 'true');
    await leaveTerminal(terminal);
    terminal.press('char:r');
    await terminal.waitFor(/ BUILT /, { what: 'end of the second build' });
    expect((await quit(terminal)).code).toBe(0);
    expect((await containers()).filter((id) => !before.has(id))).toEqual([]);
    const filters = JSON.stringify({ label: ['bxtui'] });
    expect(await api.json('GET', '/images/json', { query: { all: '1', filters } })).toEqual([]);
  });
});

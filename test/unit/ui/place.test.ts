/** Where a screen begins, and what it tells of where the person is. */
import { describe, expect, test } from 'vitest';
import type { ScreenPlace } from '../../../src/session/wire/index.js';
import { createPaperClients, openStage } from '../../golden/stage.js';
import { tellStory } from '../../golden/story.js';
import { open, session, stage } from './on-stage.js';

const person = { label: 'pts/3', connectedAtMs: 1, isReadOnly: false };

async function openAt(lastPlace: ScreenPlace | null, isReadOnly = false) {
  const clients = createPaperClients({ ...person, isReadOnly });
  clients.lastPlace = lastPlace;
  await open('shell', { cols: 160, rows: 48, deps: { clients, canDetach: true } });
  return clients;
}

const at = (change: Partial<ScreenPlace>): ScreenPlace => ({
  ...{ process: 'p1', isTyping: false, panel: 'steps', step: null },
  ...change,
});

describe('a new screen of a session', () => {
  test('begins in the newest shell when nobody was there before', async () => {
    await openAt(null);
    expect(stage.text()).toContain('keys go to p2');
    await stage.press('l', 's');
    expect(session.fakeTerminal('p2').typed.join('')).toBe('ls');
  });

  test('begins in the shell that the person was typing into', async () => {
    await openAt(at({ isTyping: true, panel: 'terminal' }));
    expect(stage.text()).toContain('keys go to p1');
    expect(stage.text()).toContain('1:#10 failed*  2:#9');
  });

  test('begins in the panel and on the step where the person was', async () => {
    await openAt(at({ panel: 'logs', step: '9' }));
    expect(stage.text()).toContain('NORMAL');
    expect(stage.text()).toContain('▸[3] Logs');
    expect(stage.text()).toMatch(/▌ +9 ✓ RUN apk/);
    expect(stage.text()).toContain('1:#10 failed*  2:#9');
  });

  test('shows the end of the program that was in front, and the keys are free', async () => {
    const { session: told, nowMs } = tellStory('shell');
    const process = { ...told.state.processes[0]!, state: 'exited', endedAtMs: nowMs, exitCode: 3 } as const;
    told.emit({ type: 'process.updated', atMs: nowMs, process });
    const clients = createPaperClients(person);
    clients.lastPlace = at({ isTyping: true, panel: 'terminal' });
    const screen = await openStage({ session: told, nowMs, cols: 160, rows: 48, deps: { clients } });
    expect(screen.text()).toContain('2:#10 failed exit 3*');
    expect(screen.text()).toContain('NORMAL');
    expect(screen.text()).toContain('▸[2] Terminal');
    screen.handle.close();
  });

  test.each([at({ process: 'p9', isTyping: true, panel: 'terminal' }), at({ process: null, panel: 'nonsense', step: '99' })])(
    'is whole, whatever the place was: %j',
    async (place) => {
      await openAt(place);
      expect(stage.text()).toContain('▸[1] Steps');
      expect(stage.text()).toContain('1:#10 failed  2:#9*');
    },
  );

  test('that only looks gets no keys', async () => {
    await openAt(null, true);
    expect(stage.text()).toContain('NORMAL');
    expect(stage.text()).toContain('▸[2] Terminal');
  });
});

describe('the place of the person', () => {
  test('is told when it changes, and stays in the terminal on the way out of it', async () => {
    const clients = await openAt(null);
    const typing = at({ process: 'p2', isTyping: true, panel: 'terminal' });
    expect(clients.places).toEqual([typing]);
    await stage.leave();
    await stage.press('D');
    expect(clients.places).toEqual([typing]);
  });

  test('is where the person has gone after that, not what is asked meanwhile', async () => {
    const clients = await openAt(null);
    await stage.leave();
    await stage.press('k', '3');
    const place = at({ process: 'p2', panel: 'logs', step: '9' });
    expect(clients.places.at(-1)).toEqual(place);
    await stage.press('1', '?');
    const before = clients.places.length;
    await stage.press('x', 'esc');
    expect(clients.places.slice(before)).toEqual([]);
  });
});

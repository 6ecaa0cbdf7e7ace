/** A session that several screens show: who comes and goes, and a screen that only looks. */
import { describe, expect, test } from 'vitest';
import { createPaperClients, type PaperClient } from '../../golden/stage.js';
import { open, sent, session, stage } from './on-stage.js';

const here: PaperClient = { label: 'pts/1', isReadOnly: false, connectedAtMs: 0 };
const other: PaperClient = { label: 'pts/2', isReadOnly: false, connectedAtMs: 0 };

describe('other screens', () => {
  test('are counted in the header, and said to come and go', async () => {
    const clients = createPaperClients(here);
    await open('shell', { deps: { clients } });
    expect(stage.text()).not.toContain('screens');
    clients.set(here, { ...other, isReadOnly: true });
    await stage.settle();
    expect(stage.text()).toContain('2 screens');
    expect(stage.text()).toContain('pts/2 has attached (read-only)');
    clients.set(here);
    await stage.settle();
    expect(stage.text()).not.toContain('2 screens');
    expect(stage.text()).toContain('pts/2 has left');
  });

  test('are a reason to ask before the session is ended for them', async () => {
    await open('built', { deps: { clients: createPaperClients(here, other), canDetach: true } });
    await stage.press('q');
    expect(stage.text()).toContain('Another screen shows this session');
    await stage.press('d');
    expect(await stage.handle.closed).toBe('detached');
  });

  test('cannot bring escape sequences in with their names', async () => {
    const clients = createPaperClients(here);
    await open('shell', { deps: { clients } });
    clients.set(here, { ...other, label: '\x1b[31mevil\x1b]0;x\x07' });
    await stage.settle();
    expect(stage.text()).toMatch(/evil.* has attached/);
    expect(stage.frames.join('')).not.toContain('\x1b]0;x');
  });
});

describe('a screen that only looks', () => {
  const readOnly = () => ({ deps: { clients: createPaperClients({ ...here, isReadOnly: true }), canDetach: true } });

  test.each(['enter', 't', 'T', 'r', 'R', 'i', '$', 'e'])('refuses %s, and says why', async (key) => {
    await open('shell', readOnly());
    const before = session.commands.length;
    await stage.press(key);
    expect(stage.text()).toContain(': this screen ');
    expect(session.commands).toHaveLength(before);
    expect(stage.edited).toEqual([]);
  });

  test('gives no program the keyboard, however it is asked to', async () => {
    await open('shell', readOnly());
    stage.handle.attach('p1');
    session.emit({ type: 'shell.opened', atMs: 1, process: 'p2', step: '9' });
    await stage.press('2', 'a', 'enter');
    expect(stage.target).toBeNull();
    expect(stage.text()).not.toContain('keys go to');
    expect(['p1', 'p2'].flatMap((id) => session.fakeTerminal(id).typed)).toEqual([]);
  });

  test('moves, switches tabs, scrolls and searches as any other', async () => {
    await open('shell', readOnly());
    stage.handle.attach('p1');
    stage.handle.attach('p2');
    await stage.press('[');
    expect(stage.text()).toContain('python3: not found');
    await stage.press('1', 'k', '3', '/', 'c', 'enter');
    expect(stage.text()).toContain('/c ');
    expect(stage.text()).not.toContain('this screen is read-only');
    expect(sent('step.prepare')).toEqual([]);
  });

  test.each([['q'], ['Q'], ['C-c', 'C-c'], ['D']])('leaves by %s, and the session goes on', async (...keys) => {
    await open('shell', readOnly());
    await stage.press(...keys);
    expect(await stage.handle.closed).toBe('detached');
  });
});

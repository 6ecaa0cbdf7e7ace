import { it } from 'vitest';
import { engineEnv } from '../helpers/engines.js';
import { BASE, createProject } from '../helpers/project.js';
import { closeTerminals, startTerminal } from '../helpers/terminal.js';

const nap = (ms: number) => new Promise((r) => setTimeout(r, ms));
it('look', async () => {
  const p = createProject(`${BASE}WORKDIR /w
RUN echo one > one
RUN echo two > two; echo here; exit 3
`);
  const t = startTerminal({ args: ['build', p.dir], env: engineEnv(), cols: 120, rows: 34 });
  const show = (n: string) => console.log(`=== ${n}\n${t.screen()}`);
  try {
    await t.waitFor('TERMINAL');
    await nap(500);
    show('shell');
    t.type('cat one; pwd; exit 5');
    t.press('enter');
    await nap(700);
    show('exit 5');
    t.press('ctrl-]');
    await nap(200);
    show('left');
    t.type('1');
    t.press('up');
    t.press('up');
    await nap(200);
    t.press('enter');
    await nap(1500);
    show('enter on step 5');
    t.press('ctrl-]');
    await nap(200);
    t.type('1');
    t.press('up');
    t.type('T');
    await nap(400);
    show('T');
    t.press('escape');
    t.type('t');
    await nap(1200);
    show('t');
    t.press('ctrl-]');
    t.type('?');
    await nap(300);
    show('help');
    t.press('escape');
    t.type(':');
    await nap(200);
    t.type('ps');
    t.press('enter');
    await nap(300);
    show('ps');
    t.press('escape');
    t.type('q');
    await nap(400);
    show('q');
    t.type('y');
    await nap(2500);
    show('y');
    console.log(t.hasExited, t.modes(), t.scrollback());
  } finally {
    await closeTerminals();
  }
}, 60000);

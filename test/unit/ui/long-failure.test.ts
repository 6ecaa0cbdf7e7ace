/** What was said of a failure is long: what to do about it stays in sight. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Generation, Step } from '../../../src/core/model/index.js';
import { createEmulator } from '../../../src/term/emulator.js';
import { AttributeTable } from '../../../src/ui/host/attributes.js';
import { createBlessedHost } from '../../../src/ui/host/blessed-host.js';
import { createLook } from '../../../src/ui/look.js';
import { type OverlayProps, paintOverlays } from '../../../src/ui/overlays/overlays.js';
import { logAreas } from '../../../src/ui/panels/logs.js';
import { loadTheme } from '../../../src/ui/theme/theme.js';
import { projectRoot } from '../../setup/toolchain.mjs';

const MESSAGE = 'the registry does not answer: '.repeat(20).trim();
const HINT = 'Remove the syntax line.';

function footer(log: { bytes: number; lines: number }, height: number): string[] {
  const step = { key: 'x', state: 'failed', lines: null, error: null, progress: [], log: { ...log, isClipped: false } };
  const failure = { step: 'x', message: MESSAGE, hint: HINT, exitCode: null };
  const areas = logAreas({ failure } as unknown as Generation, step as unknown as Step, 52, height);
  expect(areas.gridHeight + areas.footer.length).toBe(height);
  return areas.footer.map((line) => line.text);
}

test('in the logs, of a step that has printed nothing, all of it', () => {
  const lines = footer({ bytes: 0, lines: 0 }, 20);
  expect(lines.slice(1, -1).join(' ')).toBe(MESSAGE);
  expect(lines.at(-1)).toBe(HINT);
});

test('below a long log, half of the panel, with its end', () => {
  const lines = footer({ bytes: 9000, lines: 300 }, 20);
  expect(lines).toHaveLength(10);
  expect(lines.slice(-2)).toEqual(['[...]', HINT]);
});

test('in the message over the panels', async () => {
  const terminal = createEmulator({ cols: 80, rows: 24, scrollbackRows: 0 });
  const attributes = new AttributeTable('truecolor');
  const host = createBlessedHost({ cols: 80, rows: 24, attributes, onFrame: (text) => terminal.write(text) });
  const look = createLook(loadTheme('dark', join(projectRoot, 'themes')), 'unicode', 'truecolor', attributes);
  const toast = { level: 'warning', message: MESSAGE, hint: HINT, untilMs: 0 };
  const props = { overlays: [], toast, search: null, notices: [], leaveLabel: '^]' } as unknown as OverlayProps;
  host.addElement((surface) => paintOverlays(surface, props, look)).place({ x: 0, y: 0, width: 80, height: 24 });
  host.render();
  await new Promise<void>((resolve) => terminal.write('', resolve));
  host.dispose();
  expect(terminal.text(0, 0, 23, 80)).toMatch(/the registry[\s\S]*…\s+Remove the syntax line\./);
});

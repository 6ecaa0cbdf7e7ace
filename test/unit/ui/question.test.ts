/** A question that has more to say than the screen has room for. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createEmulator } from '../../../src/term/emulator.js';
import { AttributeTable } from '../../../src/ui/host/attributes.js';
import { createBlessedHost } from '../../../src/ui/host/blessed-host.js';
import { createLook } from '../../../src/ui/look.js';
import { type OverlayProps, paintOverlays } from '../../../src/ui/overlays/overlays.js';
import { loadTheme } from '../../../src/ui/theme/theme.js';
import { projectRoot } from '../../setup/toolchain.mjs';

async function shown(lines: readonly string[], rows: number): Promise<string> {
  const terminal = createEmulator({ cols: 40, rows, scrollbackRows: 0 });
  const attributes = new AttributeTable('truecolor');
  const host = createBlessedHost({ cols: 40, rows, attributes, onFrame: (text) => terminal.write(text) });
  const look = createLook(loadTheme('dark', join(projectRoot, 'themes')), 'unicode', 'truecolor', attributes);
  const choices = [
    { id: 'yes', key: 'y', label: 'Paste' },
    { id: 'no', key: 'n', label: 'No' },
  ];
  const overlays = [{ kind: 'question', id: 1, question: { title: 'Paste?', lines, choices, default: 'no' }, selected: 1 }];
  const props = { overlays, toast: null, search: null, notices: [], leaveLabel: '^]' } as unknown as OverlayProps;
  host.addElement((surface) => paintOverlays(surface, props, look)).place({ x: 0, y: 0, width: 40, height: rows });
  host.render();
  await new Promise<void>((resolve) => terminal.write('', resolve));
  host.dispose();
  return terminal.text(0, 0, rows - 1, 40);
}

test.each([
  [10, 20],
  [12, 7],
])('on %s rows, with %s lines, it keeps its answers in sight', async (rows, count) => {
  const lines = Array.from({ length: count }, (_, index) => `line ${index}`);
  const text = await shown(lines, rows);
  expect(text).toMatch(/line 0[\s\S]*…[\s\S]*y Paste[\s\S]*n No[\s\S]*esc cancel/);
});

test('is said whole where there is room', async () => {
  const text = await shown(['line 0', 'line 1'], 12);
  expect(text).toMatch(/line 0[\s\S]*line 1[\s\S]*y Paste/);
  expect(text).not.toContain('…');
});

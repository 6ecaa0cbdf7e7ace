import { describe, expect, test } from 'vitest';
import {
  ACTIONS,
  actionById,
  actionForKey,
  DEFAULT_KEYMAP,
  keyLabel,
  keysAsMarkdown,
  PANELS,
} from '../../../src/actions/index.js';
import { parsePlace } from '../../../src/actions/replay-actions.js';

describe('the key table', () => {
  test('names only actions that exist, and every action has an id of its own', () => {
    for (const binding of DEFAULT_KEYMAP) expect(actionById(binding.action), binding.action).not.toBeNull();
    expect(new Set(ACTIONS.map((action) => action.id)).size).toBe(ACTIONS.length);
  });

  test('gives a key at most one meaning in each panel', () => {
    for (const panel of PANELS) {
      const own = DEFAULT_KEYMAP.filter((binding) => binding.panels?.includes(panel)).flatMap((binding) => binding.keys);
      expect(new Set(own).size, panel).toBe(own.length);
    }
    for (const inReplay of [undefined, true] as const) {
      const everywhere = DEFAULT_KEYMAP.filter((binding) => binding.panels === undefined && binding.inReplay === inReplay);
      const keys = everywhere.flatMap((binding) => binding.keys);
      expect(new Set(keys).size).toBe(keys.length);
    }
  });

  test('prefers the panel over everywhere', () => {
    expect(actionForKey('enter', 'steps')?.id).toBe('step.rollback');
    expect(actionForKey('enter', 'terminal')?.id).toBe('terminal.interact');
    expect(actionForKey('enter', 'processes')?.id).toBe('process.attach');
    expect(actionForKey('enter', 'source')).toBeNull();
    expect(actionForKey('t', 'logs')?.id).toBe('step.rollback');
  });

  test('has keys of a replay that win there and are not there elsewhere', () => {
    expect(actionForKey('space', 'steps')?.id).toBe('stage.fold');
    expect(actionForKey('space', 'steps', { isReplay: true })?.id).toBe('replay.play');
    expect(actionForKey('-', 'logs')).toBeNull();
    expect(actionForKey('j', 'logs', { isReplay: true })?.id).toBe('move.down');
  });

  test('reads places in a replay as people write them', () => {
    const at = (text: string) => parsePlace(text, 60_000, 600_000);
    expect(['90', '1:30', '+10', '-0:30', '50%', 'end', 'start', '9:59:59', '-5:00'].map(at)).toEqual([
      ...[90_000, 90_000, 70_000, 30_000, 300_000, 600_000, 0, 600_000, 0],
    ]);
    expect(['soon', '1:2:3:4', '', '--5', '5 m'].map(at)).toEqual([null, null, null, null, null]);
  });

  test('never binds a search key to something that changes a build', () => {
    for (const panel of PANELS) {
      expect(actionForKey('n', panel)?.group).toBe('Search');
      expect(actionForKey('N', panel)?.group).toBe('Search');
    }
  });

  test('is documented row by row', () => {
    const page = keysAsMarkdown();
    expect(page.split('\n').filter((line) => line.startsWith('| `'))).toHaveLength(DEFAULT_KEYMAP.length);
    expect(page).toContain("| `⏎` | Go to the selected step's shell, or open one | Steps |");
  });

  test('labels keys as people read them', () => {
    expect(keyLabel('C-p')).toBe('^p');
    expect(keyLabel('enter')).toBe('⏎');
    expect(keyLabel('enter', true)).toBe('enter');
    expect(keyLabel('G')).toBe('G');
  });
});

import { describe, expect, it } from 'vitest';
import {
  type HistorySearch,
  NEW_SEARCH,
  renderSearch,
  type SearchKey,
  type SearchStep,
  searchKey,
} from '../../../../src/monitor/line/history-search.js';

const LINES = ['exec npm test', 'rollback 9', 'exec npm ci', 'exec npm ci', 'steps'];

/** Keys: `^R`, `<left>`, or what types itself. */
function press(keys: readonly string[], before = ''): SearchStep {
  let step: SearchStep = { kind: 'search', search: NEW_SEARCH };
  for (const text of keys) {
    if (step.kind !== 'search') throw new Error(`over before ${text}`);
    const name = /^<(.+)>$/.exec(text)?.[1];
    const ctrl = /^\^(.)$/.exec(text)?.[1]?.toLowerCase();
    const key: SearchKey = ctrl !== undefined ? { name: ctrl, ctrl: true } : name !== undefined ? { name } : { name: text };
    step = searchKey(step.search, ctrl !== undefined || name !== undefined ? undefined : text, key, LINES, before);
  }
  return step;
}

const shown = (keys: readonly string[], before?: string): string => {
  const step = press(keys, before);
  if (step.kind !== 'search') throw new Error(step.kind);
  return renderSearch(step.search, LINES, 80).text;
};

describe('the search in the history', () => {
  it('narrows with every key, from the newest line', () => {
    expect(shown([])).toBe("(reverse-i-search)`': ");
    expect(shown([...'exec'])).toBe("(reverse-i-search)`exec': exec npm test");
    expect(shown([...'npm c'])).toBe("(reverse-i-search)`npm c': exec npm ci");
    expect(shown([...'npm c', '<backspace>'])).toBe("(reverse-i-search)`npm ': exec npm test");
  });

  it('goes to older lines and back, past those that are alike', () => {
    expect(shown([...'e', '^R'])).toContain('exec npm ci');
    expect(shown([...'e', '^R', '^R'])).toContain("`e': steps");
    expect(shown([...'npm', '^R', '^S'])).toContain('exec npm test');
  });

  it('says that there is nothing further, and keeps what was found', () => {
    expect(shown([...'npm', '^R', '^R'])).toBe("(failed reverse-i-search)`npm': exec npm ci");
    expect(shown([...'npmx'])).toBe("(failed reverse-i-search)`npmx': exec npm test");
    expect(shown([...'nope'])).toContain("(failed reverse-i-search)`nope': ");
    expect(press([...'zzz', '<return>'])).toEqual({ kind: 'run', text: '' });
  });

  it('takes what was searched for before where nothing has been typed', () => {
    expect(shown(['^R'], 'roll')).toBe("(reverse-i-search)`roll': rollback 9");
    expect(shown(['^R'])).toBe("(reverse-i-search)`': ");
  });

  it('ends with a line to run, to edit, or with nothing', () => {
    expect(press([...'roll', '<return>'])).toEqual({ kind: 'run', text: 'rollback 9' });
    expect(press([...'back', '<escape>'])).toEqual({ kind: 'edit', text: 'rollback 9', cursor: 4, key: null });
    expect(press([...'back', '<left>'])).toMatchObject({ kind: 'edit', cursor: 4, key: { name: 'left' } });
    expect(press([...'back', '^E'])).toMatchObject({ kind: 'edit', key: { name: 'e', ctrl: true } });
    expect(press([...'back', '<up>'])).toMatchObject({ kind: 'edit', key: null });
    for (const key of ['^G', '^C']) expect(press([...'back', key])).toEqual({ kind: 'give-up' });
  });

  it('fits on one row, with the match in sight, and shows nothing that acts on a terminal', () => {
    const long = `exec sh -c "${'x'.repeat(200)} needle ${'y'.repeat(200)}"`;
    const at = (query: string, cols: number): ReturnType<typeof renderSearch> => {
      const search: HistorySearch = { query, at: 0, isFailed: false };
      return renderSearch(search, [long], cols);
    };
    for (const cols of [1, 20, 40, 80]) expect(at('needle', cols).text.length).toBeLessThanOrEqual(Math.max(1, cols - 1));
    const { text, cursor } = at('needle', 80);
    expect(text.slice(cursor)).toMatch(/^needle yyy/);
    const hostile: HistorySearch = { query: 'a', at: 0, isFailed: false };
    expect(renderSearch(hostile, ['a\x1b[2Jb'], 80).text).toBe("(reverse-i-search)`a': ab");
  });
});

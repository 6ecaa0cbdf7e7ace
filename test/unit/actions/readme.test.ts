import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { keysAsMarkdown } from '../../../src/actions/index.js';

const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');

describe('the README', () => {
  it('has the keys of the key table', () => {
    const section = /<!-- keys: made from the key table -->\n([\s\S]*?)\n<!-- \/keys -->/.exec(readme)?.[1];
    expect(section).toBe(keysAsMarkdown().trim());
  });
});

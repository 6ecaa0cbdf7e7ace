import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { ALL_BUILD_FLAGS } from '../../../../src/cli/build/build-flags.js';
import { COMMANDS, helpOf } from '../../../../src/cli/complete/commands.js';
import { renderManPage } from '../../../../src/cli/flags/man-page.js';
import { which } from '../../../setup/command.mjs';

const page = async (): Promise<string> =>
  renderManPage(await Promise.all(COMMANDS.map(async ([name, summary]) => ({ name, summary, help: await helpOf(name) }))), '1.2');

describe('the manual page', () => {
  it('has every command and every flag, and no other names of them', async () => {
    const text = (await page()).replaceAll('\\-', '-');
    for (const [name] of COMMANDS) expect(text).toContain(`.B ${name}\n`);
    for (const { name, sameAs } of ALL_BUILD_FLAGS)
      expect(new RegExp(`--${name}\\\\fR`).test(text), name).toBe(sameAs === undefined);
  });

  it('begins no line of text as a request', async () => {
    const requests = (await page()).split('\n').flatMap((line) => /^[.']\S*/.exec(line)?.[0] ?? []);
    expect(new Set(requests)).toEqual(new Set(['.TH', '.SH', '.SS', '.B', '.I', '.TP', '.PP']));
  });

  it.skipIf(which('groff') === null)('is read by groff without a complaint', async () => {
    const read = execFileSync('sh', ['-c', 'groff -man -ww -Tutf8 2>&1 >/dev/null'], { input: await page() });
    expect(read.toString()).toBe('');
  });
});

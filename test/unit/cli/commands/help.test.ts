/** `bxtui help`, of a command or of itself. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { runHelp } from '../../../../src/cli/commands/help.js';
import { COMMANDS } from '../../../../src/cli/complete/commands.js';

afterEach(() => vi.restoreAllMocks());

async function printed(...args: string[]): Promise<string> {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  expect(await runHelp(args, false)).toBe(0);
  return write.mock.calls.map(([text]) => String(text)).join('');
}

describe('bxtui help', () => {
  it.each(COMMANDS.map(([name]) => name))('has the usage of %s', async (name) => {
    expect(await printed(name)).toMatch(new RegExp(`^Usage:  bxtui ${name}\\b`));
  });

  it.each([['--help'], ['-h']])('has its own with %s', async (flag) => {
    expect(await printed(flag)).toMatch(/^Usage: {2}bxtui help \[COMMAND\]/);
  });

  it('lists the commands without one', async () => {
    expect(await printed()).toMatch(/^Usage: {2}bxtui COMMAND/);
  });

  it('refuses what is no command', async () => {
    await expect(runHelp(['nope'], false)).rejects.toThrow('unknown command: nope');
  });
});

import { describe, expect, it } from 'vitest';
import { copyText } from '../../../src/platform/clipboard.js';

/** Copies with only the named tools working; says what was tried. */
function setUp(works: readonly string[], env: Record<string, string>, platform: NodeJS.Platform = 'linux') {
  const tried: string[] = [];
  const terminal: string[] = [];
  const copy = (text: string) =>
    copyText(text, {
      env,
      platform,
      run: async (command, args) => {
        tried.push([command, ...args].join(' '));
        return works.includes(command);
      },
      writeTerminal: (sequence) => terminal.push(sequence) > 0,
    });
  return { copy, tried, terminal };
}

describe('copying', () => {
  it('uses the tool of the desktop', async () => {
    const wayland = setUp(['wl-copy'], { WAYLAND_DISPLAY: 'wayland-0', DISPLAY: ':0', TMUX: '/tmp/t' });
    expect(await wayland.copy('x')).toBe('clipboard');
    expect(wayland.tried).toEqual(['wl-copy']);
    const x11 = setUp(['xsel'], { DISPLAY: ':0' });
    expect(await x11.copy('x')).toBe('clipboard');
    expect(x11.tried).toEqual(['xclip -selection clipboard', 'xsel --clipboard --input']);
    const mac = setUp(['pbcopy'], {}, 'darwin');
    expect(await mac.copy('x')).toBe('clipboard');
  });

  it('leaves the desktop of the remote machine alone over ssh', async () => {
    const { copy, tried } = setUp(['xclip', 'tmux'], { SSH_CONNECTION: '1', DISPLAY: ':10', TMUX: '/tmp/t' });
    expect(await copy('x')).toBe('tmux buffer');
    expect(tried).toEqual(['tmux load-buffer -w -']);
  });

  it('goes through the terminal when there is no tool', async () => {
    const { copy, terminal } = setUp([], {});
    expect(await copy('päste')).toContain('terminal');
    expect(terminal).toEqual([`\x1b]52;c;${Buffer.from('päste').toString('base64')}\x07`]);
  });

  it('is cut into pieces for GNU screen', async () => {
    const { copy, terminal } = setUp([], { STY: '1.pts' });
    await copy('x'.repeat(1000));
    const pieces = terminal[0]!.split('\x1b\\').slice(0, -1);
    expect(pieces.length).toBeGreaterThan(1);
    for (const piece of pieces) expect(piece.startsWith('\x1bP') && piece.length <= 768).toBe(true);
    expect(pieces.map((piece) => piece.slice(2)).join('')).toBe(
      `\x1b]52;c;${Buffer.from('x'.repeat(1000)).toString('base64')}\x07`,
    );
  });

  it('refuses what the terminal would drop, and says what helps', async () => {
    const { copy, terminal } = setUp([], {});
    await expect(copy('x'.repeat(60_000))).rejects.toMatchObject({ code: 'unsupported', hint: expect.stringContaining('xclip') });
    expect(terminal).toEqual([]);
  });

  it('refuses without a terminal', async () => {
    await expect(copyText('x', { env: {}, platform: 'linux', writeTerminal: null })).rejects.toMatchObject({
      code: 'unsupported',
    });
  });

  it('runs a real tool, and goes on when it is not installed', async () => {
    const env = { WAYLAND_DISPLAY: 'none', PATH: '/nonexistent' };
    expect(await copyText('x', { env, platform: 'linux', writeTerminal: () => true })).toContain('terminal');
  });
});

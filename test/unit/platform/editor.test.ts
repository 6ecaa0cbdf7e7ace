import { describe, expect, it } from 'vitest';
import { editorCommand, openEditor } from '../../../src/platform/editor.js';

const command = (env: Record<string, string>, file = '/src/Dockerfile', line = 17) => {
  const { command: name, args } = editorCommand(env, file, line);
  return [name, ...args].join(' ');
};

describe('the editor', () => {
  it.each([
    [{}, 'vi +17 /src/Dockerfile'],
    [{ EDITOR: 'nano' }, 'nano +17 /src/Dockerfile'],
    [{ EDITOR: 'nano', VISUAL: 'nvim' }, 'nvim +17 /src/Dockerfile'],
    [{ EDITOR: ' ', VISUAL: '' }, 'vi +17 /src/Dockerfile'],
    [{ VISUAL: '/usr/bin/vim.basic -R' }, '/usr/bin/vim.basic -R +17 /src/Dockerfile'],
    [{ VISUAL: 'emacsclient -t' }, 'emacsclient -t +17 /src/Dockerfile'],
    [{ VISUAL: 'code' }, 'code --wait --goto /src/Dockerfile:17'],
    [{ VISUAL: 'code -w' }, 'code -w --goto /src/Dockerfile:17'],
    [{ VISUAL: 'hx' }, 'hx /src/Dockerfile:17'],
    [{ VISUAL: 'subl' }, 'subl --wait /src/Dockerfile:17'],
    [{ VISUAL: 'my-own-editor' }, 'my-own-editor /src/Dockerfile'],
    [{ VISUAL: '"/opt/My Editor/vim" -c \'set nu\'' }, '/opt/My Editor/vim -c set nu +17 /src/Dockerfile'],
  ])('%j', (env, expected) => {
    expect(command(env as Record<string, string>)).toBe(expected);
  });

  it('gets no line when there is none', () => {
    expect(command({}, '/f', 0)).toBe('vi /f');
  });

  it('that ends well is fine, that fails or is missing says so', async () => {
    await openEditor('/nowhere', 1, { PATH: process.env.PATH, EDITOR: 'true' });
    await expect(openEditor('/nowhere', 1, { PATH: process.env.PATH, EDITOR: 'false' })).rejects.toMatchObject({
      code: 'input',
      message: expect.stringContaining('status 1'),
    });
    await expect(openEditor('/nowhere', 1, { PATH: process.env.PATH, EDITOR: 'no-such-editor' })).rejects.toMatchObject({
      code: 'not-found',
      hint: expect.stringContaining('EDITOR'),
    });
  });
});

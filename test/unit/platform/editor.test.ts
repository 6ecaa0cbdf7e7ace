import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

  it('keeps what it has when its terminal is taken from it', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'editor-'));
    const kept = join(directory, 'kept');
    const script = join(directory, 'editor.sh');
    writeFileSync(script, `trap 'echo text > ${kept}; exit 0' HUP\necho begun > ${kept}\nwhile :; do sleep 0.05; done\n`);
    const abort = new AbortController();
    const editing = openEditor('/nowhere', 1, { PATH: process.env.PATH, EDITOR: `sh ${script}` }, abort.signal);
    const text = () => readFileSync(kept, 'utf8');
    await expect.poll(text).toBe('begun\n');
    abort.abort();
    await editing;
    expect(text()).toBe('text\n');
    rmSync(directory, { recursive: true });
  });
});

import { afterEach, describe, expect, it } from 'vitest';
import { type LocalPty, type LocalPtyOptions, spawnLocalPty } from '../../../src/platform/local-pty.js';

const opened: LocalPty[] = [];
afterEach(() => {
  for (const pty of opened.splice(0)) pty.dispose();
});
async function open(script: string, options: Partial<LocalPtyOptions> = {}) {
  const pty = await spawnLocalPty({ command: 'sh', args: ['-c', script], cols: 40, rows: 10, ...options });
  opened.push(pty);
  let text = '';
  const listen = () =>
    pty.onData((data) => {
      text += Buffer.from(data).toString();
    });
  const sees = async (part: string) => {
    while (!text.includes(part)) await new Promise((done) => setTimeout(done, 5));
  };
  return { pty, listen, sees, text: () => text };
}

describe('a local program in a terminal', () => {
  it('gives bytes, takes bytes, knows its size, and reports its exit code', async () => {
    const { pty, listen, sees } = await open('stty size; read line; echo "got $line"; stty size; exit 7');
    listen();
    await sees('10 40');
    pty.resize(50, 20);
    pty.write(Buffer.from('é\r'));
    await sees('got é');
    await sees('20 50');
    expect(await pty.exited).toEqual({ exitCode: 7, signal: null });
    pty.write(Buffer.from('late'));
    pty.resize(1, 1);
    pty.kill();
  });

  it('says which signal ended it', async () => {
    const { pty, listen, sees } = await open('echo up; sleep 60');
    listen();
    await sees('up');
    pty.kill('SIGKILL');
    expect(await pty.exited).toEqual({ exitCode: 137, signal: 9 });
  });

  it('keeps what comes while nobody listens', async () => {
    const { listen, sees } = await open('echo early; sleep 60');
    await new Promise((done) => setTimeout(done, 100));
    listen();
    await sees('early');
  });

  it('is held back until as many resumes as pauses', async () => {
    const { pty, listen, sees, text } = await open('echo one; read x; echo two; sleep 60');
    listen();
    await sees('one');
    pty.pause();
    pty.pause();
    pty.write(Buffer.from('\r'));
    pty.resume();
    await new Promise((done) => setTimeout(done, 100));
    expect(text()).not.toContain('two');
    pty.resume();
    await sees('two');
  });

  it('ends when it is disposed', async () => {
    const { pty, listen, sees } = await open('echo up; sleep 60');
    listen();
    await sees('up');
    pty.dispose();
    expect((await pty.exited).signal).toBe(1);
  });
});

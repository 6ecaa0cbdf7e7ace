import { describe, expect, it } from 'vitest';
import { startOnHost } from '../../../src/session/host-process.js';

const spec = {
  args: ['/bin/sh', '-c', 'stty size; read x; echo "got $x"; exit 3'],
  env: [],
  user: null,
  cwd: '/',
  tty: true,
  cols: 77,
  rows: 22,
};

describe('a program on this machine', () => {
  it('has a terminal of its own, takes keys and says how it ended after its last byte', async () => {
    const process = await startOnHost(spec);
    let output = '';
    process.onData((data) => {
      output += Buffer.from(data).toString();
      if (output.includes('22 77') && !output.includes('keys')) process.write(Buffer.from('keys\r'));
    });
    expect(await process.exited).toEqual({ code: 3, reason: null });
    expect(output).toContain('got keys');
  });

  it('can be signalled, and ignores what is no signal', async () => {
    const process = await startOnHost({ ...spec, args: ['/bin/sleep', '60'] });
    process.onData(() => undefined);
    await process.signal('NONSENSE');
    await process.signal('TERM');
    expect(await process.exited).toEqual({ code: 143, reason: null });
  });
});

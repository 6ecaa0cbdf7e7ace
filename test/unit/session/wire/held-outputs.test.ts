/** A program without a terminal, as in `bxtui exec ID cat FILE > copy`: not a byte of it is lost before its reader is there. */
import { describe, expect, it } from 'vitest';
import { serve, until, withShell } from './harness.js';

describe('a program that was started without a terminal', () => {
  async function started(tty: boolean) {
    const served = serve();
    await withShell(served);
    const client = await served.connect({ kind: 'command' });
    const { process } = await client.execute({
      ...{ type: 'process.exec', container: client.state.processes[0]!.container, args: ['cat'] },
      ...{ tty, size: { cols: 80, rows: 24 } },
    });
    return { client, process: process!, program: served.programs()[1]! };
  }

  it('is held back until the client listens that has started it', async () => {
    const { client, process, program } = await started(false);
    expect(program.held).toBe(1);
    client.terminal(process).onData(() => undefined);
    await until(() => program.held === 0);
  });

  it('goes on when that client has left', async () => {
    const { client, program } = await started(false);
    client.leave();
    await until(() => program.held === 0);
  });

  it('and one with a terminal is not held back at all', async () => {
    expect((await started(true)).program.held).toBe(0);
  });
});

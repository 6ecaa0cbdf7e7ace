/** Which shell a container gets, and whether the step's command is one up-arrow away in it: with bash, dash and busybox. */
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import type { Container } from '../../src/engine/engine.js';
import { expectNoContainers } from '../helpers/engines.js';
import { BASE, createProject } from '../helpers/project.js';
import { addProgram } from './containers-programs.js';
import { contractEndpoints, keepRuns, openAt } from './harness.js';

const UP = '\x1b[A';

describe.each(contractEndpoints())('shells on $label', (endpoint) => {
  afterAll(() => expectNoContainers());
  const runs = keepRuns(endpoint);
  const failing = async (dockerfile: string, program?: string): Promise<Container> => {
    const project = createProject(dockerfile);
    if (program !== undefined) addProgram(project, 'tree', program);
    return openAt(await runs.observe(project), 'exit 3');
  };
  /** Types `keys` once the program has said something, and again once it has answered; gives all that it printed. */
  const typed = async (container: Container, ...keys: string[]): Promise<string> => {
    const process = await container.start({ args: [], env: [], user: null, cwd: null, tty: true, cols: 100, rows: 30 });
    let output = '';
    process.onData((data) => {
      output += Buffer.from(data).toString('latin1');
    });
    for (const key of keys) {
      await quiet(() => output);
      process.write(Buffer.from(key));
    }
    await process.exited;
    return output;
  };

  it.skipIf(!existsSync('/bin/bash'))('are bash where there is one, with the command one key away', async () => {
    const container = await failing(`${BASE}COPY tree/ /\nRUN echo $((40 + 2)) ; (exit 3)`, '/bin/bash');
    expect(container.defaults).toMatchObject({ shell: [expect.stringMatching(/\/bash$/)], hasHistory: true });
    expect(await typed(container, UP, '\r', 'exit\r')).toMatch(/\n42\r\n/);
  });

  it('are ash where there is none, and tell whether it has a history', async () => {
    const container = await failing(`${BASE}RUN echo $((40 + 2)) ; (exit 3)`);
    expect(container.defaults.shell).toEqual(['/bin/sh']);
    const output = await typed(container, UP, '\r', 'exit\r');
    expect(container.defaults.hasHistory).toBe(/\n42\r\n/.test(output));
    // The classic builder's containers have one with bash only.
    if (endpoint.builder === 'buildkit')
      expect(container.defaults.hasHistory).toBe(readFileSync('/bin/busybox').includes('HISTFILE'));
  });

  it.skipIf(!existsSync('/bin/dash'))('are dash where there is nothing else, without a history', async () => {
    const container = await failing(
      `FROM scratch\nENV ID=@RUN_ID@\nCOPY tree/ /\nCOPY tree/bin/dash /bin/sh\nRUN echo $((40 + 2)) ; (exit 3)`,
      '/bin/dash',
    );
    expect(container.defaults).toMatchObject({
      shell: ['/bin/sh'],
      hasHistory: false,
      stepCommandLine: '( echo $((40 + 2)) ; (exit 3) )',
    });
    expect(await typed(container, 'echo $((6 * 7))\r', 'exit\r')).toMatch(/\n42\r\n/);
  });
});

/** Until nothing was added for a moment. */
async function quiet(read: () => string): Promise<void> {
  for (let before = ''; before !== read() || read() === ''; ) {
    before = read();
    await new Promise((resolve) => setTimeout(resolve, 400));
  }
}

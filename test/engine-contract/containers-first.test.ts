/** A program that is started together with its container: the same to everybody as one that is started in it afterwards. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Container, ContainerProcess, Engine, ProcessSpec } from '../../src/engine/engine.js';
import { expectNoContainers } from '../helpers/engines.js';
import { BASE, createProject, removeProjects } from '../helpers/project.js';
import { build, connect, contractEndpoints, type Observed, shell, stepWith } from './harness.js';

const DOCKERFILE = `${BASE}FROM base
RUN echo 'root:x:0:0:root:/:/bin/sh' > /etc/passwd; echo 'bob:x:1000:1000:bob:/:/bin/sh' >> /etc/passwd; echo 'bob:x:1000:' > /etc/group; mkdir -m 777 /open
WORKDIR /app
ENV COLOUR=blue
RUN echo first > one
USER bob
RUN echo second > /open/two
USER root
RUN echo partial > three; exit 9`;

const SHELL: ProcessSpec = { args: [], env: [], user: null, cwd: null, tty: true, cols: 80, rows: 24 };

describe.each(contractEndpoints())('a program started with its container on $label', (endpoint) => {
  let engine: Engine;
  let observed: Observed;
  const containers: Container[] = [];
  beforeAll(async () => {
    engine = await connect(endpoint);
    observed = await build(engine, createProject(DOCKERFILE, {}));
  });
  afterAll(async () => {
    await engine.dispose();
    removeProjects();
    await expectNoContainers();
  });
  afterEach(async () => {
    await Promise.all(containers.splice(0).map((container) => container.release()));
  });

  const open = async (text: string, first: ProcessSpec): Promise<{ container: Container; program: Program }> => {
    const spec = { step: stepWith(observed, text).key, moment: 'auto', exclusiveCaches: 'mount', first } as const;
    const container = await observed.run.openContainer(spec, AbortSignal.timeout(60_000));
    containers.push(container);
    return { container, program: read(await container.start(first)) };
  };

  it('is the shell of the step when none is named, on a terminal of the size asked for', async () => {
    const { container, program } = await open('echo first', { ...SHELL, cols: 91, rows: 33 });
    program.write('stty size; pwd; cat one; echo "$COLOUR"-"$TERM"; id -u\n');
    await program.shows(/33 91[\s\S]*\/app[\s\S]*first[\s\S]*blue-xterm-256color[\s\S]*\n0/);
    program.process.resize(101, 41);
    program.write('stty size\n');
    await program.shows(/41 101/);
    expect(container.defaults.shell).not.toEqual([]);
  });

  it('runs as the user of the step', async () => {
    const { program } = await open('echo second', SHELL);
    program.write('id -un; cat /open/two\n');
    await program.shows(/bob[\s\S]*second/);
  });

  it('is in the failed state, with the command that failed at hand', async () => {
    const { container, program } = await open('exit 9', SHELL);
    expect(container.defaults.stepCommandLine).toContain('echo partial > three; exit 9');
    program.write('ls; echo end-$((1+1))\n');
    await program.shows(/end-2/);
    expect(program.text().includes('three')).toBe(engine.summary.capabilities.failedState.isAvailable);
  });

  it('may end with any status; the container and its other programs go on', async () => {
    const { container, program } = await open('echo first', SHELL);
    program.write('echo kept > /kept; exit 7\n');
    expect(await program.process.exited).toEqual({ code: 7, reason: null });
    expect((await shell(container, 'cat /kept')).output).toBe('kept\n');
    program.write('this is for nobody\n');
    const second = read(await container.start(SHELL));
    second.write('cat /kept; echo end-$((1+1))\n');
    await second.shows(/kept[\s\S]*end-2/);
  });

  it('may be killed from inside without harm to the others', async () => {
    const { container, program } = await open('echo first', SHELL);
    program.write('kill -9 $$\n');
    expect(await program.process.exited).toEqual({ code: 137, reason: null });
    expect((await shell(container, 'echo alive')).output).toBe('alive\n');
  });

  it('is ended by a signal with all that it has started, and nothing else is', async () => {
    const { container, program } = await open('echo first', SHELL);
    const orphaning = '(sleep 1000 & echo $! > /orphan); echo $$ > /other; sleep 1001; true';
    const other = read(await container.start({ ...SHELL, args: ['sh', '-c', orphaning] }));
    program.write('sleep 1002 & echo $! > /child; (sleep 1003 & echo $! > /stray); echo end-$((1+1))\n');
    await program.shows(/end-2/);
    await program.process.signal('KILL');
    expect((await program.process.exited).code).toBe(137);
    const isThere = 'for f in orphan other child stray; do kill -0 "$(cat /$f)" 2>/dev/null && echo $f; done; true';
    expect((await shell(container, isThere)).output).toBe('orphan\nother\n');
    await other.process.signal('KILL');
    await other.process.exited;
  });

  it('without a terminal gives both outputs and its input comes to an end', async () => {
    const { program } = await open('echo first', {
      ...SHELL,
      args: ['sh', '-c', 'echo to-out; echo to-err >&2; cat; exit 4'],
      tty: false,
    });
    program.write('typed\n');
    program.process.closeInput();
    expect(await program.process.exited).toEqual({ code: 4, reason: null });
    expect(program.text().split('\n').sort()).toEqual(['', 'to-err', 'to-out', 'typed']);
  });

  it('of many that end at once on a terminal, each has its last words and its own status', async () => {
    const { container } = await open('echo first', SHELL);
    for (let round = 0; round < 3; round++) {
      const ends = Array.from({ length: 12 }, async (_, index) => {
        const spec = { ...SHELL, args: ['sh', '-c', `echo last-$((${index}+1)); exit ${index}`] };
        const program = read(await container.start(spec));
        expect({ exit: await program.process.exited, text: program.text() }).toEqual({
          exit: { code: index, reason: null },
          text: `last-${index + 1}\n`,
        });
      });
      await Promise.all(ends);
    }
  });

  it('that does not exist is told as everywhere, and leaves a container that works', async () => {
    const { container, program } = await open('echo first', { ...SHELL, args: ['no-such-program'] });
    expect(await program.process.exited).toEqual({ code: 127, reason: 'no-such-program: no such program in this container' });
    expect((await shell(container, 'echo alive')).output).toBe('alive\n');
  });

  it('for a user who does not exist fails with his name', async () => {
    await expect(open('echo first', { ...SHELL, user: 'nobody-here' })).rejects.toThrow('no user nobody-here');
  });

  it('ends with its container', async () => {
    const { container, program } = await open('echo first', SHELL);
    await container.release();
    expect((await program.process.exited).code).toBe(null);
    expect(await container.gone).toBe(null);
  });
});

interface Program {
  readonly process: ContainerProcess;
  write(text: string): void;
  text(): string;
  shows(pattern: RegExp): Promise<void>;
}

function read(process: ContainerProcess): Program {
  let text = '';
  process.onData((data) => {
    text += Buffer.from(data).toString('latin1').replaceAll('\r', '');
  });
  return {
    process,
    write: (input) => process.write(Buffer.from(input)),
    text: () => text,
    async shows(pattern) {
      for (let turn = 0; turn < 1500 && !pattern.test(text); turn++) await new Promise((resolve) => setTimeout(resolve, 10));
      expect(text).toMatch(pattern);
    },
  };
}

/** Completion as a person gets it: a shell on a terminal, and Tab. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Sessions } from '../helpers/detached.js';
import { engineEnv } from '../helpers/engines.js';
import { createProject, type Project, removeProjects } from '../helpers/project.js';
import { closeTerminals, startTerminal, type TestTerminal } from '../helpers/terminal.js';
import { which } from '../setup/command.mjs';
import { projectRoot } from '../setup/toolchain.mjs';

const SHELLS = [
  ['bash', ['--norc', '--noprofile'], 'source <(bxtui completion bash)'],
  ['zsh', ['-f'], 'autoload -U compinit; compinit -u; zstyle ":completion:*" menu no; source <(bxtui completion zsh)'],
  ['fish', ['--no-config'], 'bxtui completion fish | source'],
] as const;

afterEach(async () => {
  await closeTerminals();
  removeProjects();
});

describe.each(SHELLS)('%s completes', (name, args, load) => {
  beforeEach(({ skip }) => skip(which(name) === null, `there is no ${name}`));

  const open = async (project: Project): Promise<TestTerminal> => {
    const PATH = `${join(projectRoot, 'bin')}:${process.env.PATH}`;
    const env = { ...engineEnv(), PATH, PS1: '> ', HOME: project.dir };
    const shell = startTerminal({ program: name, args, cwd: project.dir, cols: 120, rows: 30, env });
    shell.type(`${load}; echo read''y\r`);
    await shell.waitFor(/^ready/m);
    return shell;
  };
  /** Types, asks, and resolves when the line has become what is expected. */
  const expectLine = async (shell: TestTerminal, typed: string, line: string): Promise<void> => {
    shell.type(`${typed}\t`);
    await shell.waitFor((screen) => screen.includes(line), { what: line });
    shell.press('ctrl-u');
    shell.type("clear; echo don''e\r");
    await shell.waitFor(/^done\b/, { what: 'a line on an empty screen' });
  };

  it('commands, flags, their values, and what lies around', async () => {
    const project = createProject('FROM scratch AS first\nFROM first AS second-stage\n');
    mkdirSync(project.path('context-directory'));
    writeFileSync(project.path('other.Dockerfile'), '');
    const shell = await open(project);
    await expectLine(shell, 'bxtui att', 'bxtui attach ');
    await expectLine(shell, 'bxtui build --no-cache-f', 'bxtui build --no-cache-filter ');
    await expectLine(shell, 'bxtui build --progress pl', 'bxtui build --progress plain');
    await expectLine(shell, 'bxtui build --progress=pl', 'bxtui build --progress=plain');
    await expectLine(shell, 'bxtui build --target sec', 'bxtui build --target second-stage');
    await expectLine(shell, 'bxtui build -f oth', 'bxtui build -f other.Dockerfile');
    await expectLine(shell, 'bxtui build --file=oth', 'bxtui build --file=other.Dockerfile');
    await expectLine(shell, 'bxtui build cont', 'bxtui build context-directory');
    await expectLine(shell, 'bxtui debug build --theme da', 'bxtui debug build --theme dark');
  });

  it('the ids of sessions, their runs and steps', async () => {
    const sessions = new Sessions();
    const project = createProject('FROM scratch\nCOPY busybox /\n');
    const id = await sessions.detach(project);
    const shell = await open(project);
    await expectLine(shell, `bxtui attach --root ${sessions.root} ${id.slice(0, 3)}`, id);
    expect((await sessions.list()).map((one) => one.id)).toContain(id);
    await expectLine(shell, `bxtui logs --root ${sessions.root} ${id} --generation `, '--generation 1');
    shell.type(`bxtui logs --root ${sessions.root} ${id} --step \t\t`);
    await shell.waitFor((screen) => /^ *1\b/m.test(screen) && /\b2\b.*COPY busybox|^ *1 +2 *$/m.test(screen), {
      what: 'the steps',
    });
    await sessions.end();
  });
});

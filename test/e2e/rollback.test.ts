/** Rollback into every step of a build, both ways, in any order: what is there, where one is, and with which environment. */
import { afterEach, describe, expect, it } from 'vitest';
import { expectNoContainers } from '../helpers/engines.js';
import { BASE, createProject, removeProjects } from '../helpers/project.js';
import { inShell, leaveTerminal, openSession, paneText, quit, rollbackTo, selectStep, shellOpens } from '../helpers/session.js';
import { closeTerminals } from '../helpers/terminal.js';

afterEach(async () => {
  await closeTerminals();
  removeProjects();
});

/** Steps 1 to 4 are those of BASE. */
const DOCKERFILE = `${BASE}RUN echo 5 > /five
WORKDIR /six
COPY seven.txt /seven
ENV EIGHT=eight
FROM base AS side
RUN echo ten > /ten
FROM base
RUN echo 12 > /twelve
COPY --from=side /ten /thirteen
RUN echo 14 > /fourteen; exit 14
RUN echo 15 > /fifteen
`;

const LOOK = 'echo $(cd /; ls -d five seven ten twelve thirteen fourteen fifteen 2>/dev/null) EIGHT=$EIGHT at $(pwd)';

/** By step: what `LOOK` prints in the state before and after it. */
const STATES: readonly { step: number; before?: string; after?: string }[] = [
  { step: 14, before: 'five seven thirteen twelve EIGHT=eight at /six' },
  { step: 13, before: 'five seven twelve EIGHT=eight at /six', after: 'five seven thirteen twelve EIGHT=eight at /six' },
  { step: 5, before: 'EIGHT= at /', after: 'five EIGHT= at /' },
  { step: 10, before: 'five seven EIGHT=eight at /six', after: 'five seven ten EIGHT=eight at /six' },
  { step: 6, after: 'five EIGHT= at /six' },
  { step: 12, after: 'five seven twelve EIGHT=eight at /six' },
  { step: 7, before: 'five EIGHT= at /six', after: 'five seven EIGHT= at /six' },
  { step: 8, after: 'five seven EIGHT=eight at /six' },
  { step: 9, after: 'five seven EIGHT=eight at /six' },
  { step: 4, after: 'EIGHT= at /' },
  { step: 3, after: 'EIGHT= at /' },
];

describe('rollback', () => {
  it('goes into every step, both ways, in any order', async () => {
    const project = createProject(DOCKERFILE, { 'seven.txt': 'seven\n' });
    const terminal = await openSession(project);
    await shellOpens(terminal);
    const seen: Record<string, string> = {};
    for (const { step, before, after } of STATES) {
      if (before !== undefined) {
        await rollbackTo(terminal, step, 'before');
        seen[`before ${step}`] = await inShell(terminal, LOOK);
      }
      if (after !== undefined) {
        await rollbackTo(terminal, step, 'after');
        seen[`after ${step}`] = await inShell(terminal, LOOK);
      }
    }
    const expected = STATES.flatMap(({ step, before, after }) => [
      ...(before === undefined ? [] : [[`before ${step}`, before]]),
      ...(after === undefined ? [] : [[`after ${step}`, after]]),
    ]);
    expect(seen).toEqual(Object.fromEntries(expected));
    expect((await quit(terminal)).code).toBe(1);
    await expectNoContainers();
  });

  it('takes what is typed at once with what opens a shell: in a dialog, and at the prompt', async () => {
    const terminal = await openSession(createProject(DOCKERFILE, { 'seven.txt': 'seven\n' }));
    await shellOpens(terminal);
    await leaveTerminal(terminal);
    await selectStep(terminal, 5);
    terminal.type('Tl\recho before-$((40+2))\r');
    await terminal.waitFor((screen) => paneText(screen).includes('before-42'));
    expect(await inShell(terminal, LOOK)).toBe('EIGHT= at /');
    await leaveTerminal(terminal);
    terminal.type(':rollback 10\recho line-$((40+2))\r');
    await terminal.waitFor((screen) => paneText(screen).includes('line-42'));
    expect(await inShell(terminal, LOOK)).toBe('five seven ten EIGHT=eight at /six');
    expect((await quit(terminal)).code).toBe(1);
    await expectNoContainers();
  });

  it('says so where there is no shell, and lends one', async () => {
    const project = createProject('FROM scratch\nCOPY busybox /only-a-file\n');
    const terminal = await openSession(project);
    await terminal.waitFor(/ BUILT /, { what: 'end of the build' });
    await rollbackTo(terminal, 2);
    await terminal.waitFor((screen) => /There is no shell in this step: this one is lent/.test(joined(screen)), {
      what: 'the news that the shell is lent',
    });
    expect(await inShell(terminal, 'ls -d /only-a-file /bin/sh 2>&1')).toMatch(/\/bin\/sh: No such file[\s\S]*^\/only-a-file$/m);
    expect((await quit(terminal)).code).toBe(0);
    await expectNoContainers();
  });

  it('has the environment, user and mounts of the step', async () => {
    const project = createProject(
      `${BASE}ENV COLOR=blue
RUN mkdir /work && chown 1000:1000 /work
WORKDIR /work
USER 1000:1000
RUN --mount=type=cache,target=/cache,uid=1000 --mount=type=tmpfs,target=/fast --mount=type=secret,id=key,uid=1000 \\
    echo kept > /cache/kept; grep -q . /run/secrets/key && echo done
USER 0:0
RUN exit 1
`,
      { 'key.txt': 'sesame' },
    );
    const terminal = await openSession(project, { flags: ['--secret', `id=key,src=${project.path('key.txt')}`] });
    await shellOpens(terminal);
    await rollbackTo(terminal, 9);
    expect(await inShell(terminal, 'id -u; id -g; pwd; echo $COLOR')).toBe('1000\n1000\n/work\nblue');
    expect(await inShell(terminal, 'cat /cache/kept; cat /run/secrets/key; echo; grep -c " /fast tmpfs" /proc/mounts')).toBe(
      'kept\nsesame\n1',
    );
    await rollbackTo(terminal, 11);
    expect(await inShell(terminal, 'id -u')).toBe('0');
    expect((await quit(terminal)).code).toBe(1);
  });

  it('tells a shell as somebody else from that of the step’s user', async () => {
    const project = createProject(`${BASE}USER 1000:1000\nRUN exit 1\n`);
    const terminal = await openSession(project);
    await shellOpens(terminal);
    await leaveTerminal(terminal);
    await selectStep(terminal, 6);
    terminal.press('char:T');
    await terminal.waitFor('Shell in step 6');
    terminal.press('tab');
    terminal.type('0:0');
    await terminal.waitFor(/user +0:0/);
    terminal.press('enter');
    await terminal.waitFor(/keys go to p2 /);
    expect(await inShell(terminal, 'id -u')).toBe('0');
    expect(terminal.screen()).toMatch(/2:#6 (?:failed|before) 0:0\*/);
    await rollbackTo(terminal, 6);
    expect(terminal.screen()).toMatch(/keys go to p1 /);
    expect(await inShell(terminal, 'id -u')).toBe('1000');
    expect((await quit(terminal)).code).toBe(1);
    await expectNoContainers();
  });

  it('lets x cancel the build while a running step is waited for', async () => {
    const project = createProject(`${BASE}RUN sleep 300\n`);
    const terminal = await openSession(project);
    await terminal.waitFor(/RUNNING +5\/5/);
    await selectStep(terminal, 5);
    terminal.press('enter');
    await terminal.waitFor(/OPENING .*x cancel/);
    terminal.press('char:x');
    await terminal.waitFor('Cancel the build?');
    terminal.press('char:y');
    await terminal.waitFor((screen) => / CANCELLED /.test(screen) && / NORMAL /.test(screen), { what: 'the end of the build' });
    expect((await quit(terminal)).code).toBe(130);
    await expectNoContainers();
  });

  it('enters a failed COPY in the state before it, with the error in sight', async () => {
    const project = createProject(`${BASE}RUN echo here > /here\nCOPY nothing-of-the-kind /x\n`);
    const terminal = await openSession(project);
    await terminal.waitFor(/FAILED/);
    await leaveTerminal(terminal);
    await rollbackTo(terminal, 6);
    expect(await inShell(terminal, 'cat /here')).toBe('here');
    expect(terminal.screen()).toContain('nothing-of-the-kind');
    expect((await quit(terminal)).code).toBe(1);
  });
});

/** The terminal pane as one line: sentences are broken at its width. */
function joined(screen: string): string {
  return paneText(screen).replace(/\s+/g, ' ');
}

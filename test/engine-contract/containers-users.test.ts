/** A step whose user the image does not know, or knows without its groups: the commonest reason to look into it is that it fails. */
import { afterAll, describe, expect, it } from 'vitest';
import { expectNoContainers } from '../helpers/engines.js';
import { BASE, createProject } from '../helpers/project.js';
import { contractEndpoints, generationOf, keepRuns, openAt, shell } from './harness.js';

const PASSWD = `RUN mkdir -p /etc; printf 'root:x:0:0::/:/bin/sh\\nbob:*:1000:1001::/:/bin/sh\\n' > /etc/passwd; mkdir -m 777 /open`;

describe.each(contractEndpoints())('the user of a step on $label', (endpoint) => {
  afterAll(() => expectNoContainers());
  const runs = keepRuns(endpoint);

  it.each([
    ['bob', 'no user bob in this container'],
    ['root:staff', 'no group staff in this container'],
  ])('%s, whom nobody knows, is replaced by root, and that is said', async (user, why) => {
    const observed = await runs.observe(createProject(`${BASE}RUN mkdir -p /etc\nUSER ${user}\nRUN echo one > /open/one`));
    if (!endpoint.isPodman) expect(generationOf(observed).failure?.hint).toMatch(/add it in a step before, or write numbers/);
    const container = await openAt(observed, 'echo one');
    expect(container.note).toContain(`There is ${why}`);
    expect(container.note).toContain('so programs are started as root');
    expect((await shell(container, 'id -u; echo x > /written && echo written')).output).toBe('0\nwritten\n');
  });

  it('is the one of the passwd also where there are no groups', async () => {
    const observed = await runs.observe(createProject(`${BASE}${PASSWD}\nUSER bob\nRUN echo one > /open/one`));
    const container = await openAt(observed, 'echo one');
    expect(container.note ?? '').not.toContain('as root');
    expect((await shell(container, 'id -u; id -g')).output).toBe('1000\n1001\n');
  });
});

/** Containers at a FROM whose image brings triggers along (ONBUILD): files and configuration are those after all of them. */
import { afterAll, describe, expect, it } from 'vitest';
import { expectNoContainers } from '../helpers/engines.js';
import { BASE, createProject } from '../helpers/project.js';
import { contractEndpoints, keepRuns, openAt, shell, skipClassic } from './harness.js';

const TRIGGERS = `ONBUILD ENV OA=1
ONBUILD RUN echo t > /trig
ONBUILD ENV OB=1
ONBUILD WORKDIR /onb
ONBUILD ARG GIVEN=arg
ONBUILD ENV OC=$GIVEN
ONBUILD USER 77:77
ONBUILD SHELL ["/bin/sh", "-ec"]
`;
const LOOK = 'echo $OA $OB $OC $GIVEN; pwd; id -u; cat /trig';
const ALL = '1 1 arg arg\n/onb\n77\nt\n';

describe.each(contractEndpoints())('containers behind triggers on $label', (endpoint) => {
  skipClassic(endpoint);
  afterAll(() => expectNoContainers());
  const runs = keepRuns(endpoint);

  it.each(['', 'ENV LATER=1\n', 'RUN echo later\n'])('have what all of them set, with %j behind FROM', async (rest) => {
    const observed = await runs.observe(createProject(`${BASE}${TRIGGERS}FROM base AS child\n${rest}`));
    const container = await openAt(observed, 'FROM base AS child');
    expect(container).toMatchObject({ moment: 'after', note: null });
    expect(container.defaults).toMatchObject({ user: '77:77', cwd: '/onb', runShell: ['/bin/sh', '-ec'] });
    expect((await shell(container, LOOK)).output).toBe(ALL);
    await container.release();
  });
});

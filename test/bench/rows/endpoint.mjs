/** What it takes to find the engine where nothing names it, beside a build that is told its address. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inMs } from '../bench.mjs';
import { eightSteps } from '../contexts.mjs';
import { alternate, spread } from '../statistics.mjs';

/** @typedef {import('../bench.mjs').Row} Row */

const ADDED_MS = 30;
const PAIRS = 15;
/** Beside the one that is meant. */
const OTHERS = 20;
const CONTEXT = 'bench';

/** @type {readonly Row[]} */
export const ENDPOINT = [
  {
    id: 'endpoint',
    title: 'cached build, the engine found in the stores of docker and buildx',
    goal: `adds <= ${ADDED_MS} ms`,
    measure: async (bench, { id, title, goal }) => {
      const address = bench.engine.env.DOCKER_HOST;
      if (address === undefined) throw new Error('the engine of the benchmark has no DOCKER_HOST');
      const config = join(bench.scratch, id);
      writeStores(config, address);
      const named = bench.ours(['build', '--progress=plain', eightSteps(bench.contexts, id)]);
      const found = { ...named, env: { ...named.env, DOCKER_HOST: '', DOCKER_CONFIG: config } };
      const runs = await alternate(
        bench.pairs(PAIRS),
        () => bench.timed(found),
        () => bench.timed(named),
      );
      const added = spread(runs.ours.map(({ wallMs }, index) => wallMs - (runs.peer[index]?.wallMs ?? Number.NaN)));
      const wall = (/** @type {'ours' | 'peer'} */ side) => inMs(spread(runs[side].map(({ wallMs }) => wallMs)).median);
      return [
        {
          row: title,
          ours: `${wall('ours')}: ${signed(added.median)}`,
          peer: wall('peer'),
          ...{ wall: null, cpu: null, goal, isMet: added.median <= ADDED_MS },
          note: `peer: bxtui with DOCKER_HOST; the median of what finding adds within each pair (${signed(added.min)} to ${signed(added.max)})`,
          figures: runs,
        },
      ];
    },
  },
];

/** @param {number} ms */
function signed(ms) {
  return `${ms < 0 ? '' : '+'}${inMs(ms)}`;
}

/** A current context among others, builders, and what `docker buildx use` has chosen for that context. @param {string} config @param {string} address */
function writeStores(config, address) {
  const names = [CONTEXT, ...Array.from({ length: OTHERS }, (_, index) => `other-${index}`)];
  writeJson(join(config, 'config.json'), { currentContext: CONTEXT });
  for (const name of names) {
    const digest = createHash('sha256').update(name).digest('hex');
    const host = name === CONTEXT ? address : `tcp://${name}.invalid:2375`;
    const endpoint = { Host: host, SkipTLSVerify: false };
    writeJson(join(config, 'contexts/meta', digest, 'meta.json'), { Name: name, Metadata: {}, Endpoints: { docker: endpoint } });
    writeJson(join(config, 'buildx/instances', `builder-${name}`), {
      ...{ Name: `builder-${name}`, Driver: 'docker-container', Dynamic: false },
      Nodes: [{ Name: `builder-${name}0`, Endpoint: name, Platforms: null, Flags: null, DriverOpts: {}, Files: null }],
    });
  }
  writeJson(join(config, 'buildx/current'), { Key: CONTEXT, Name: CONTEXT, Global: false });
}

/** @param {string} path @param {unknown} value */
function writeJson(path, value) {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, JSON.stringify(value));
}

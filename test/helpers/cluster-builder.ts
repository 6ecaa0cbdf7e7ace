/** A builder of buildx of the driver kubernetes, whose cluster is the one that a test keeps, and whose buildkitd is the engine of the tests. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { canMakeBuilder } from './builder-container.js';
import { buildctl } from './builder-image.js';
import { type Cluster, findKubectl } from './cluster.js';
import { isDocker, isPodman, testEngine } from './engines.js';
import { createProject } from './project.js';
import { type RunOptions, runBxtui } from './run.js';
import { testDirectory } from './session-root.js';

const found = findKubectl();
const isEngine = isDocker() && !isPodman() && canMakeBuilder;
/** Null: it can be tested here. */
export const whyNoCluster = 'lacks' in found ? found.lacks : isEngine ? null : 'the engine is no Docker Engine';
export const tellsWhy = whyNoCluster === null ? '' : ` (skipped: ${whyNoCluster})`;
export const ONE_COMMAND = 'FROM scratch\nCOPY busybox /bin/busybox\nRUN ["/bin/busybox", "echo", "@RUN_ID@"]\n';

/** kubectl, whose `exec` leads to the engine, or complains: nothing runs in the cluster's pods. */
export function kubectlDirectory(complaint: string | null = null): string {
  const dir = testDirectory();
  writeFileSync(join(dir, 'buildctl'), buildctl(testEngine().replace(/^unix:\/\//, '')));
  const program = 'program' in found ? found.program : '';
  const exec = complaint === null ? `exec perl ${dir}/buildctl dial-stdio` : `echo ${JSON.stringify(complaint)} >&2; exit 1`;
  writeFileSync(
    join(dir, 'kubectl'),
    `#!/bin/sh\necho "$*" >> "$HOME/calls"\ncase " $* " in *" exec "*) ${exec} ;; esac\nexec ${program} "$@"\n`,
  );
  chmodSync(join(dir, 'kubectl'), 0o755);
  return dir;
}

/** As `docker buildx create --driver=kubernetes --name=k` writes it down. */
export function writeBuilder(cluster: Cluster, options: Readonly<Record<string, string>> = {}, more: object = {}): RunOptions {
  const dir = testDirectory();
  mkdirSync(join(dir, 'instances'));
  const Endpoint = `kubernetes:///k?deployment=&kubeconfig=${encodeURIComponent(cluster.kubeconfig)}`;
  const node = { Name: 'k0', Endpoint, Platforms: null, DriverOpts: options, Flags: null, Files: null, ...more };
  writeFileSync(join(dir, 'instances/k'), JSON.stringify({ Name: 'k', Driver: 'kubernetes', Nodes: [node], Dynamic: false }));
  const PATH = `${kubectlDirectory()}:${process.env.PATH}`;
  return { env: { BUILDX_CONFIG: dir, BUILDX_BUILDER: 'k', HOME: dir, PATH } };
}

/** A build of one command, without the screen. */
export const build = (options: RunOptions) =>
  runBxtui(['build', '--progress=plain', '--network=none', createProject(ONE_COMMAND).dir], options);

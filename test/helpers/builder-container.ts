/**
 * A container as a buildx builder of the driver docker-container has it, from an image made for the test: its `buildctl` leads to the BuildKit of
 * the engine that it runs on, since no registry is in reach that has a buildkitd.
 */
import { chmodSync, existsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { createApi } from '../../src/engine/shared/engine-api.js';
import { addPerl, buildctl, PERL } from './builder-image.js';
import { createProject } from './project.js';
import { runBxtui } from './run.js';

const IMAGE = 'bxtui-test-builder';

/** Debian's perl-base, which every Debian has. */
export const canMakeBuilder = existsSync(PERL);

export interface BuilderContainer {
  isRunning(): Promise<boolean>;
  remove(): Promise<void>;
}

/** Makes the image and the container, which does not run yet. */
export async function createBuilderContainer(engine: string, name: string): Promise<BuilderContainer> {
  const socket = engine.replace(/^unix:\/\//, '');
  const project = createProject(DOCKERFILE, { buildctl: buildctl(`/engine/${basename(socket)}`) });
  chmodSync(project.path('buildctl'), 0o755);
  addPerl(project);
  const built = await runBxtui(['build', '--progress=plain', '-t', IMAGE, project.dir]);
  if (built.status !== 0) throw new Error(`the image of the builder: ${built.output}`);
  const api = createApi({ kind: 'docker', address: engine, source: 'the test', tls: null });
  const remove = async (): Promise<void> => {
    await api.json('DELETE', `/containers/${name}`, { query: { force: '1' } }).catch(() => undefined);
    await api.json('DELETE', `/images/${IMAGE}`, { query: { force: '1' } }).catch(() => undefined);
  };
  await api.json('POST', '/containers/create', {
    query: { name },
    body: { Image: IMAGE, HostConfig: { Binds: [`${dirname(socket)}:/engine`], NetworkMode: 'none' } },
  });
  return {
    isRunning: async () => (await api.json<{ State: { Running: boolean } }>('GET', `/containers/${name}/json`)).State.Running,
    remove,
  };
}

const DOCKERFILE = `FROM scratch
COPY root /
COPY busybox buildctl /usr/bin/
ENV PATH=/usr/bin
CMD ["busybox", "sleep", "3600"]
`;

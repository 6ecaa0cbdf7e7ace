/** Podman's builder (buildah) behind the Engine API. */
import { stagesFor, wholeBuild } from '../cut.js';
import type { Dialect } from '../dialect.js';
import { describePodmanFailure } from './failure.js';
import { createPodmanProgress } from './progress.js';

export const PODMAN: Dialect = {
  name: 'Podman’s Docker API',
  elsewhere: 'Build with BuildKit: name a Docker Engine with DOCKER_HOST, or a buildkitd with BUILDKIT_HOST.',
  isStageByStage: true,
  limitsNote: 'Podman gives a shell none of the limits (--ulimit) that its step has.',
  areListsJson: true,
  // Else a stage has one image, not each of its steps.
  query: { layers: '1' },
  hasBuildContainers: false,
  failedStateReason:
    'Podman keeps nothing of a command that has failed within reach of its API: the container is of the state before it, where it can be run again.',
  filesReason: 'Podman’s archives of containers are not read yet.',
  stopWarning: 'Podman lets a command that it has begun run to its end; then the build is over.',
  stepsFor(inputs, target) {
    const steps = wholeBuild(inputs.plan, target);
    const last = steps.at(-1)?.step;
    const needed = last === undefined ? null : stagesFor(inputs, last);
    return steps.filter(({ step }) => needed?.has(step.stage));
  },
  misreadIn: () => [],
  createProgress: (sent, digestOf, images) => createPodmanProgress(sent, digestOf, images),
  describeFailure: describePodmanFailure,
};

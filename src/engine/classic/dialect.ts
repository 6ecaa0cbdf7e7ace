/** What the classic builders do each in their own way: dockerd's own one here, Podman's (buildah) behind the same API in podman/dialect.ts. */
import type { OriginInputs } from '../shared/stage-origin.js';
import { wholeBuild } from './cut.js';
import { describeFailure } from './failure.js';
import { misreadIn } from './misread.js';
import { createProgress, type SentStep } from './progress.js';
import { type BuilderWords, USE_BUILDKIT } from './refuse.js';

export interface Dialect extends BuilderWords {
  /**
   * Each stage is a build of its own. A Podman service dies when a build ends, failed or given up, while one of its stages waits for another
   * (containers/buildah#7091), and every build and shell on it with it.
   */
  readonly isStageByStage: boolean;
  /** To be said of a shell in a step with limits (`--ulimit`), which it starts no container with; null: it has them. */
  readonly limitsNote: string | null;
  /** Lists of settings are given as one JSON text each. */
  readonly areListsJson: boolean;
  /** Of POST /build, besides what all of them take. */
  readonly query: Readonly<Record<string, string>>;
  /** Its containers have ids that the API knows, so that what a failed command has left is to be had, and to be removed. */
  readonly hasBuildContainers: boolean;
  /** Why nothing is to be had of a failed command; empty where it is. */
  readonly failedStateReason: string;
  /** Why the files of a step are not to be had without a shell; empty where they are. */
  readonly filesReason: string;
  /** To be said of a command that runs when its build is stopped; null: it ends. */
  readonly stopWarning: string | null;
  /** The steps that it carries out for a target. */
  readonly stepsFor: (inputs: OriginInputs, target: string | null) => SentStep[];
  /** What it passes over in silence, or takes for something else. */
  readonly misreadIn: typeof misreadIn;
  readonly createProgress: (
    sent: readonly SentStep[],
    digestOf: Parameters<typeof createProgress>[1],
    images: NonNullable<Parameters<typeof createProgress>[2]>,
    journal: NonNullable<Parameters<typeof createProgress>[3]>,
  ) => ReturnType<typeof createProgress>;
  readonly describeFailure: typeof describeFailure;
}

export const DOCKERD: Dialect = {
  name: 'the classic builder',
  elsewhere: USE_BUILDKIT,
  isStageByStage: false,
  limitsNote: null,
  areListsJson: false,
  query: {},
  hasBuildContainers: true,
  failedStateReason: '',
  filesReason: '',
  stopWarning: null,
  stepsFor: ({ plan }, target) => wholeBuild(plan, target),
  misreadIn,
  createProgress,
  describeFailure,
};

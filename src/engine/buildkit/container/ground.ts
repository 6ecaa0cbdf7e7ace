/** What a container is made on, once everything that the engine has to be asked for is settled. */
import type { StepKey } from '../../../core/model/index.js';
import type { ExecOp } from '../proto/gen/pb_pb.js';
import type { RunContext } from '../run-context.js';
import type { Environment } from './environment.js';
import type { StepMount } from './mounts.js';
import type { RootState } from './root-state.js';
import type { StepCommand } from './step-command.js';

/** Everything about the container that does not depend on where its shell comes from. */
export interface Ground {
  readonly context: RunContext;
  readonly step: StepKey;
  readonly root: RootState;
  /** Result id of the root filesystem; `''`: empty. */
  readonly rootId: string;
  /** A result that can be looked into and is the same or nearly so; had only when it is asked for. */
  readonly lookup: () => Promise<string>;
  readonly environment: Environment;
  readonly mounts: readonly StepMount[];
  readonly exec: ExecOp | null;
  readonly command: StepCommand | null;
}

/**
 * Where a container's shell can come from, best first: its own filesystem (without a look where the step's command has run in a shell), a
 * toolbox of the client's, another step of the build. Each is worked out only when the one before it was of no use.
 */
import { toBinary } from '@bufbuild/protobuf';
import type { ContainerDefaults } from '../../engine.js';
import { DefinitionSchema, type Mount } from '../proto/gen/pb_pb.js';
import type { RunContext } from '../run-context.js';
import type { Ground } from './ground.js';
import { findLender } from './lender.js';
import { bindMount } from './mounts.js';
import { HOME_DIR } from './scripts.js';
import { findPosixShell, shellThatRan } from './shell-choice.js';
import { findToolbox, TOOLBOX_DIR, TOOLBOX_SHELL, toolboxDefinition } from './toolbox.js';

export interface ShellSource {
  /** argv that runs POSIX scripts in the container. */
  readonly posixShell: readonly string[];
  readonly lent: ContainerDefaults['lentShell'];
  /** What is mounted as the container's root; `''`: nothing, an empty one. */
  readonly rootId: string;
  readonly mounts: readonly Mount[];
  /** Where the step's own mounts go below: `''`, `/rootfs`. */
  readonly prefix: string;
  /** Run by the keeper at first; empty: nothing. */
  readonly prepare: string;
  /** Appended to PATH; null: nothing. */
  readonly pathEntry: string | null;
}

const ROOTFS_DIR = '/rootfs';

/** `reasons` collects why a source is out of the question. */
export async function* shellSources(ground: Ground, reasons: string[], signal: AbortSignal): AsyncGenerator<ShellSource> {
  const { context, rootId } = ground;
  const plain = { rootId, mounts: [], prefix: '', prepare: '', pathEntry: null };
  const ran = shellThatRan(ground.exec?.meta?.args ?? [], ground.environment.runShell);
  if (ran !== null) yield { ...plain, posixShell: [ran], lent: null };

  const lookupId = await ground.lookup();
  const own = lookupId === '' ? null : await findPosixShell(context.gateway, lookupId, signal);
  // The same again would be refused again.
  if (own !== null && (own.length > 1 || own[0] !== ran)) yield { ...plain, posixShell: own, lent: null };

  const toolbox = await toolboxResult(context, signal);
  if ('missing' in toolbox) reasons.push(toolbox.missing);
  else {
    const [busybox] = TOOLBOX_SHELL;
    yield {
      ...plain,
      posixShell: TOOLBOX_SHELL,
      lent: { from: `${toolbox.path} of this machine`, rootfs: '/' },
      mounts: [bindMount(TOOLBOX_DIR, toolbox.id, true)],
      prepare: `${busybox} mkdir -p ${HOME_DIR}/bin; ${busybox} --install -s ${HOME_DIR}/bin`,
      pathEntry: `${HOME_DIR}/bin`,
    };
  }

  const lender = await findLender(context, ground.step, ground.root.output, signal);
  if (lender === null) reasons.push('no other step that it was made from has a shell either');
  else {
    yield {
      ...plain,
      posixShell: lender.shell,
      lent: { from: lender.name, rootfs: ROOTFS_DIR },
      rootId: lender.resultId,
      mounts: [bindMount(ROOTFS_DIR, rootId, false)],
      prefix: ROOTFS_DIR,
    };
  }
}

type ToolboxResult = { readonly id: string; readonly path: string } | { readonly missing: string };

/** The toolbox goes to the engine once per run. */
const toolboxes = new WeakMap<RunContext['gateway'], Promise<ToolboxResult>>();

function toolboxResult(context: RunContext, signal: AbortSignal): Promise<ToolboxResult> {
  const known = toolboxes.get(context.gateway);
  if (known !== undefined) return known;
  const made = sendToolbox(context, signal);
  toolboxes.set(context.gateway, made);
  made.catch(() => toolboxes.delete(context.gateway));
  return made;
}

async function sendToolbox(context: RunContext, signal: AbortSignal): Promise<ToolboxResult> {
  const toolbox = await findToolbox(context.workerPlatform, process.env);
  if ('missing' in toolbox) return toolbox;
  try {
    const { result } = await context.gateway.bridge.solve(
      {
        Definition: toBinary(DefinitionSchema, toolboxDefinition(toolbox.content, context.workerPlatform)),
        Evaluate: true,
        allowResultReturn: true,
        allowResultArrayRef: true,
      },
      { signal },
    );
    const id = result?.result.case === 'ref' ? result.result.value.id : '';
    return id === '' ? { missing: `the engine did not take ${toolbox.path}` } : { id, path: toolbox.path };
  } catch (error) {
    if (signal.aborted) throw error;
    return { missing: `the engine did not take ${toolbox.path} (${error instanceof Error ? error.message : String(error)})` };
  }
}

/** The builder's errors in the words that every engine's have here, with what to do next. Pure. */
import { type DockerfilePlan, heredocAt, isHeredoc, type PlannedInstruction } from '../../core/dockerfile/index.js';
import type { EngineEvent } from '../../core/events.js';
import { hintForUser } from '../shared/step-user.js';
import { USE_BUILDKIT } from './refuse.js';

type Failure = Extract<EngineEvent, { type: 'build.failed' }>['failure'];
export type HintForMissing = (path: string) => string | null;

const CODE = /^The command '([\s\S]*)' returned a non-zero code: (\d+)$/;
const PARSE = /^(?:failed to parse Dockerfile: )?dockerfile parse error (?:on )?line (\d+): /i;
const MISSING = /^(?:COPY|ADD) failed:[\s\S]*?\bstat (\S+): (?:file does not exist|no such file or directory)$/;
const BUILDKIT = /requires BuildKit|Unknown flag|[Uu]nknown instruction: .*(?:EOF|END)|heredoc/;
const PULL =
  /pull access denied|manifest unknown|manifest for .* not found|connection refused|no such host|Client\.Timeout|unauthorized|i\/o timeout|short-name|no stage or image found/;

/** `step`: the one that was on; null before the first. `hintForMissing`: what this machine can say of a path that is not in the context. */
export function describeFailure(
  message: string,
  code: number | null,
  step: PlannedInstruction | null,
  digest: string | null,
  plan: DockerfilePlan | null = null,
  hintForMissing: HintForMissing = () => null,
): Failure {
  const text = message.trim();
  const line = step?.lines.start ?? null;
  const command = CODE.exec(text);
  if (command) {
    const exitCode = code ?? Number(command[2]);
    return {
      ...{ digest, line, exitCode, hint: null },
      message: `process "${command[1]}" did not complete successfully: exit code: ${exitCode}`,
    };
  }
  const parse = PARSE.exec(text);
  if (parse) {
    const line = Number(parse[1]);
    const heredoc = plan === null ? null : heredocAt(plan, line);
    const hint = heredoc !== null ? heredocHint(heredoc) : BUILDKIT.test(text) ? USE_BUILDKIT : 'Correct the line and reload.';
    return { digest: null, line, exitCode: null, message: text, hint };
  }
  const missing = MISSING.exec(text)?.[1];
  if (missing !== undefined && step !== null)
    return {
      ...{ digest, line, exitCode: null },
      ...describeMissing(missing.replace(/^.*\/(?:merged|diff|docker-builder\d+)\//, ''), step, hintForMissing),
    };
  return { digest, line, exitCode: code, message: withoutHostPaths(text), hint: hintFor(text, step) };
}

/** A file that COPY or ADD does not find; `path` below its source. */
export function describeMissing(
  path: string,
  step: PlannedInstruction,
  hintForMissing: HintForMissing,
): { readonly message: string; readonly hint: string } {
  const from = / --from=(\S+)/.exec(step.text)?.[1];
  const where = from === undefined ? 'the build context' : `stage ${from}`;
  return {
    message: `"/${path.replace(/^\/+/, '')}" is not in ${where}`,
    hint:
      from === undefined
        ? (hintForMissing(path) ?? 'Check the path and its case, and whether .dockerignore leaves it out.')
        : 'Look into that stage for what is there.',
  };
}

function heredocHint({ instruction, lines }: PlannedInstruction): string {
  return `The classic builder knows no heredocs, such as that of ${instruction} in line ${lines.start}. ${USE_BUILDKIT}`;
}

function hintFor(text: string, step: PlannedInstruction | null): string | null {
  if (step !== null && isHeredoc(step)) return heredocHint(step);
  if (/invalid from flag value \S*\$/.test(text))
    return 'COPY --from takes no argument: name a stage for it (FROM $NAME AS other).';
  if (BUILDKIT.test(text)) return `This step needs BuildKit. ${USE_BUILDKIT}`;
  if (/file with no instructions|Dockerfile.*(?:cannot be|is) empty/i.test(text)) return 'A Dockerfile begins with FROM.';
  return hintForUser(text) ?? hintForPull(text);
}

export function hintForPull(text: string): string | null {
  return PULL.test(text) ? 'Check the name of the image, the way to its registry, and docker login.' : null;
}

/** Paths of the engine's host, cut down to the container's. */
export function withoutHostPaths(text: string): string {
  return text.replace(/\/\S*\/(?:overlay2|docker-builder\d+|snapshots)\/\S*?(?:\/(?:merged|diff|fs))?(?=\/|\s|:|$)/g, '');
}

/** Podman's errors in the words that every engine's have here, with what to do next. Pure. */
import type { DockerfilePlan, PlannedInstruction } from '../../../core/dockerfile/index.js';
import type { EngineEvent } from '../../../core/events.js';
import { commandOf } from '../command.js';
import { describeMissing, type HintForMissing, hintForPull } from '../failure.js';

type Failure = Extract<EngineEvent, { type: 'build.failed' }>['failure'];

const AT_STEP = /^building at STEP "[\s\S]*?": (?=\S)/;
const CODE = /while running runtime: exit status (\d+)$/;
const UNKNOWN = /Build error: Unknown instruction: "([^"]*)"/;
const MISSING = /copier: stat: "([^"]+)": no such file or directory/;
const EMPTY = /no stages to build|no FROM statement found/;
/** Where its storage and its contexts are on the disk. */
const HOST_PATH = /"?\/\S*\/(?:overlay|vfs\/dir|libpod_builder\d+|buildah\d+)\/\S*?(?:\/(?:merged|diff))?(?=[\s":,]|$)"?/g;

/** `step`: the one that was on; null before the first. */
export function describePodmanFailure(
  message: string,
  _code: number | null,
  step: PlannedInstruction | null,
  digest: string | null,
  _plan: DockerfilePlan | null = null,
  hintForMissing: HintForMissing = () => null,
): Failure {
  const text = message.trim();
  const line = step?.lines.start ?? null;
  const exit = CODE.exec(text)?.[1];
  if (exit !== undefined && step !== null) {
    const command = commandOf(step.text, ['/bin/sh', '-c']).join(' ');
    const said = `process "${command}" did not complete successfully: exit code: ${exit}`;
    return { digest, line, exitCode: Number(exit), message: said, hint: null };
  }
  const unknown = UNKNOWN.exec(text)?.[1];
  if (unknown !== undefined)
    return { digest, line, exitCode: null, message: `unknown instruction: ${unknown}`, hint: 'Correct the line and reload.' };
  const missing = MISSING.exec(text)?.[1];
  if (missing !== undefined && step !== null)
    return { digest, line, exitCode: null, ...describeMissing(missing, step, hintForMissing) };
  if (EMPTY.test(text))
    return { digest: null, line: null, exitCode: null, message: text, hint: 'A Dockerfile begins with FROM.' };
  const words = text.replace(AT_STEP, '').replace(HOST_PATH, 'the files of the build');
  return { digest, line, exitCode: null, message: words, hint: hintForPull(text) };
}

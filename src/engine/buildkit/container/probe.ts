/**
 * The configuration in force at a step, asked of the engine's own Dockerfile frontend: the Dockerfile is cut after the instruction and
 * given one more `RUN`, whose operation then carries environment, user, working directory and shell exactly as a command there would
 * have them. The result is never evaluated, so that nothing is executed for it.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BxError, toBxError } from '../../../platform/errors.js';
import type { Definition } from '../proto/gen/pb_pb.js';
import type { RunContext } from '../run-context.js';

/** Shell form, so that SHELL shows. */
const PROBE_COMMAND = 'true';

/** The text up to and including `lastLine` (1-based), and a probe instruction. The escape directive at the top stays in force. */
export function probeDockerfile(text: string, lastLine: number): string {
  const kept = text.split('\n').slice(0, lastLine);
  const last = (kept.pop() ?? '').replace(/\r$/, '');
  // Only at the end of a file can an instruction end in a continuation; it must not swallow the probe.
  const escapeCharacter = /^#\s*escape\s*=\s*`/im.test(text.split('\n').slice(0, 10).join('\n')) ? '`' : '\\';
  const closed = last.trimEnd().endsWith(escapeCharacter) ? last.trimEnd().slice(0, -1) : last;
  return `${[...kept, closed].join('\n')}\nRUN ${PROBE_COMMAND}\n`;
}

/** The definition of the probe's Dockerfile; nothing of it has run. Throws `BxError('engine')`. */
export async function solveProbe(context: RunContext, lastLine: number, signal: AbortSignal): Promise<Definition> {
  const { dockerfile } = context.request;
  const name = `bxtui-probe-${lastLine}`;
  const files = new Map([[dockerfile.name, Buffer.from(probeDockerfile(dockerfile.text, lastLine), 'utf8') as Uint8Array]]);
  const ignore = await readFile(join(dockerfile.dir, `${dockerfile.name}.dockerignore`)).catch(() => null);
  if (ignore !== null) files.set(`${dockerfile.name}.dockerignore`, ignore);
  context.session.addLocal(name, files);

  const options = context.frontendOptions({ dockerfilekey: name, filename: dockerfile.name });
  delete options.target;
  // Its warnings were given for the build itself.
  if (context.capabilities.buildWarnings.isAvailable) options['build-arg:BUILDKIT_DOCKERFILE_CHECK'] = 'skip=all';
  try {
    const response = await context.gateway.bridge.solve(
      { Frontend: context.frontend, FrontendOpt: options, allowResultReturn: true, allowResultArrayRef: true },
      { signal },
    );
    const result = response.result?.result;
    const ref = result?.case === 'ref' ? result.value : result?.case === 'refs' ? Object.values(result.value.refs)[0] : undefined;
    if (ref?.def === undefined) throw new BxError('engine', 'the engine gave no build graph for it');
    return ref.def;
  } catch (error) {
    if (signal.aborted) throw new BxError('cancelled', 'opening the container was cancelled', { cause: error });
    throw toBxError(error, 'engine');
  }
}

/**
 * What only the engine's own Dockerfile frontend can tell, asked with a Dockerfile that is cut after an instruction. For the configuration
 * in force there it gets one more `RUN`, whose operation then carries environment, user, working directory and shell exactly as a command
 * there would have them. The result is never evaluated here, so that nothing is executed for it.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BxError, toBxError } from '../../../platform/errors.js';
import { singleRef } from '../plan.js';
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

/** The text up to and including `lastLine`, 1-based. */
export function cutDockerfile(text: string, lastLine: number): string {
  return `${text.split('\n').slice(0, lastLine).join('\n')}\n`;
}

/** The definition of the probe's Dockerfile; nothing of it has run. Throws `BxError('engine')`. */
export function solveProbe(context: RunContext, lastLine: number, signal: AbortSignal): Promise<Uint8Array> {
  return solveText(context, `bxtui-probe-${lastLine}`, probeDockerfile(context.request.dockerfile.text, lastLine), signal);
}

/** The definition of the Dockerfile that ends with `lastLine`, whatever the build's target is. Likewise. */
export function solveCut(context: RunContext, lastLine: number, signal: AbortSignal): Promise<Uint8Array> {
  return solveText(context, `bxtui-cut-${lastLine}`, cutDockerfile(context.request.dockerfile.text, lastLine), signal);
}

/** `localName`: each text needs its own, because the engine keeps what it has once read of a session. */
async function solveText(context: RunContext, localName: string, text: string, signal: AbortSignal): Promise<Uint8Array> {
  const { dockerfile } = context.request;
  const files = new Map([[dockerfile.name, Buffer.from(text, 'utf8') as Uint8Array]]);
  const { dir } = dockerfile;
  const ignore = dir === null ? null : await readFile(join(dir, `${dockerfile.name}.dockerignore`)).catch(() => null);
  if (ignore !== null) files.set(`${dockerfile.name}.dockerignore`, ignore);
  context.session.addLocal(localName, files);

  const options = context.frontendOptions({ dockerfilekey: localName, filename: dockerfile.name });
  delete options.target;
  // Its warnings were given for the build itself.
  if (context.capabilities.buildWarnings.isAvailable) options['build-arg:BUILDKIT_DOCKERFILE_CHECK'] = 'skip=all';
  try {
    const { result } = await context.gateway.bridge.solve(
      {
        ...{ Frontend: context.frontend, FrontendOpt: options, FrontendInputs: context.frontendInputs },
        ...{ allowResultReturn: true, allowResultArrayRef: true },
      },
      { signal },
    );
    // A result without a reference is an empty filesystem.
    return singleRef(result)?.def ?? new Uint8Array();
  } catch (error) {
    if (signal.aborted) throw new BxError('cancelled', 'opening the container was cancelled', { cause: error });
    throw toBxError(error, 'engine');
  }
}

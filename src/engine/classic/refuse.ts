/** What was asked for and the classic builder does not know: refused with the reason, before anything is built. */
import { BxError } from '../../platform/errors.js';
import type { BuildRequest } from '../engine.js';

export const USE_BUILDKIT = 'Build with BuildKit: unset DOCKER_BUILDKIT, or say --engine=buildkit.';

/** `own`: the engine's platform. Throws `BxError('unsupported')`. */
export function refuseUnknown(request: BuildRequest, own: string): void {
  const { secrets, ssh, platform, outputs } = request;
  if (secrets.length > 0) throw unsupported('the classic builder knows no secrets (--secret)');
  if (ssh.length > 0) throw unsupported('the classic builder cannot forward an agent (--ssh)');
  if (platform !== null && platform !== own && !platform.startsWith(`${own}/`))
    throw unsupported(`the classic builder builds for its engine's own platform, ${own}, only (--platform ${platform})`);
  const other = outputs.find(({ kind }) => kind !== 'store');
  if (other)
    throw unsupported(
      `the classic builder writes its result into the engine's image store only, not as ${other.kind} (--output)`,
    );
}

/** Throws `BxError('input')` for a target that the Dockerfile does not have. */
export function requireTarget({ target, dockerfile }: BuildRequest): void {
  const { stages } = dockerfile.plan;
  const names = stages.flatMap(({ name }) => name ?? []);
  if (target !== null && !names.some((name) => name === target.toLowerCase())) {
    const known =
      names.length === 0
        ? 'It names no stage (FROM … AS name).'
        : `It has: ${names.filter((name) => name !== target.toLowerCase()).join(', ')}.`;
    throw new BxError('input', `the Dockerfile has no stage named "${target}"`, { hint: known });
  }
}

function unsupported(message: string): BxError {
  return new BxError('unsupported', message, { hint: USE_BUILDKIT });
}

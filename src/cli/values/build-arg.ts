/** `--build-arg NAME=value`, or `NAME` to take the value from the environment. */
import { BxError } from '../../platform/errors.js';

/** A null value: it was to come from the environment and is not set there. Throws `BxError('usage')`. */
export function parseBuildArg(text: string, env: NodeJS.ProcessEnv): readonly [name: string, value: string | null] {
  const equals = text.indexOf('=');
  const name = equals < 0 ? text : text.slice(0, equals);
  if (name === '') {
    throw new BxError('usage', `invalid --build-arg "${text}": the name is empty`, {
      hint: 'For example: --build-arg VERSION=1.2',
    });
  }
  return [name, equals < 0 ? (env[name] ?? null) : text.slice(equals + 1)];
}

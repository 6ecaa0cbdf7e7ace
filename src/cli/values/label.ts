/** `--label NAME[=VALUE]`: metadata of the image. */
import { BxError } from '../../platform/errors.js';

/** Without a value it is an empty one, as docker has it. Throws `BxError('usage')`. */
export function parseLabel(text: string): readonly [name: string, value: string] {
  const equals = text.indexOf('=');
  const name = equals < 0 ? text : text.slice(0, equals);
  if (name !== '') return [name, equals < 0 ? '' : text.slice(equals + 1)];
  throw new BxError('usage', `invalid --label "${text}": the name is empty`, { hint: 'For example: --label version=1.2' });
}

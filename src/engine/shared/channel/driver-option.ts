/** The options of a builder (`docker buildx create --driver-opt`) that are wrong, or that this client does not carry out. Pure. */
import type { BuilderNode } from '../../../builders/endpoint.js';
import { BxError } from '../../../platform/errors.js';

/** Of a builder that names no other. */
export const DEFAULT_IMAGE = 'moby/buildkit:buildx-stable-1';

export function fail(error: BxError): never {
  throw error;
}

/** `why`: more than that it is no value for it. */
export function wrongOption({ builder }: BuilderNode, option: string, value: string, why?: string): BxError {
  const reason = why ?? 'which is no value for that option';
  return new BxError('endpoint', `buildx builder "${builder}" has ${option}=${value}, ${reason}`, {
    hint: `Make it again: docker buildx rm ${builder}, then docker buildx create with another --driver-opt ${option}=`,
  });
}

export function unknownOption({ builder }: BuilderNode, option: string): BxError {
  return new BxError('endpoint', `buildx builder "${builder}" has the option ${option}, with which bxtui starts none`, {
    hint: `Start it with buildx: docker buildx inspect --bootstrap ${builder}`,
  });
}

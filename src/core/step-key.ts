/** What a step's key tells by itself. */
import type { StepKey } from './model/index.js';

/** A step that stands for what the engine does beside the Dockerfile. */
export function isOutside(key: StepKey): boolean {
  return key.startsWith('@');
}

/** Of what the engine calls so. */
export function outsideKey(name: string): StepKey {
  return `@${name}`;
}

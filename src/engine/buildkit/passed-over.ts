/** Settings of the classic builder that BuildKit passes over: which are worth a word, as docker buildx has it (commands/build.go). Pure. */
import type { ClassicSettings } from '../engine.js';

/** A limit is passed over in silence. */
export function passedOver({ isolation, securityOptions, isSquashed }: ClassicSettings): string[] {
  return [
    ...(isolation === undefined ? [] : ['--isolation is passed over: BuildKit has none to choose']),
    ...(securityOptions === undefined ? [] : ['--security-opt is passed over: with BuildKit it is RUN --security=insecure']),
    ...(isSquashed === undefined
      ? []
      : ['--squash is passed over: BuildKit squashes no layers, a last stage that copies from the others has fewer of them']),
  ];
}

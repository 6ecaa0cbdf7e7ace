/** What of a request BuildKit passes over and is worth a word. Pure. */
import type { BuildRequest, ClassicSettings } from '../engine.js';

export function passedOver({ classic = {}, sourcePolicy }: Pick<BuildRequest, 'classic' | 'sourcePolicy'>): string[] {
  const inPolicy = sourcePolicy && 'passedOver' in sourcePolicy ? sourcePolicy.passedOver : [];
  return [...ofClassicBuilder(classic), ...inPolicy.map((what) => `the source policy: ${what} (${sourcePolicy?.path})`)];
}

/** As docker buildx has it (commands/build.go): a limit is passed over in silence. */
function ofClassicBuilder({ isolation, securityOptions, isSquashed }: ClassicSettings): string[] {
  return [
    ...(isolation === undefined ? [] : ['--isolation is passed over: BuildKit has none to choose']),
    ...(securityOptions === undefined ? [] : ['--security-opt is passed over: with BuildKit it is RUN --security=insecure']),
    ...(isSquashed === undefined
      ? []
      : ['--squash is passed over: BuildKit squashes no layers, a last stage that copies from the others has fewer of them']),
  ];
}

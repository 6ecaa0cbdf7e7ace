/** A step's image in the words of the docker command, for those who prefer their own terminal. */
import type { EngineSummary } from '../model/index.js';

/** Docker's own socket, which the command finds by itself. */
const DEFAULT_ADDRESS = 'unix:///var/run/docker.sock';

/** A line that runs a shell in the image, on the engine that has it. */
export function dockerRunLine(engine: EngineSummary, imageId: string): string {
  const host = engine.address === DEFAULT_ADDRESS ? '' : ` -H ${quoted(engine.address)}`;
  return `docker${host} run --rm -it --entrypoint /bin/sh ${quoted(imageId)}`;
}

/** The words come from outside: none of them may be more than a word to a shell. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

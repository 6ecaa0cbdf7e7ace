/** The parser, for the lines that are not plain. The bundle loads it when it is first called (bin/build.mjs): most of a start is loading. */
import { type Dockerfile, DockerfileParser } from 'dockerfile-ast';

export function parseLines(text: string): Dockerfile {
  return DockerfileParser.parse(text);
}

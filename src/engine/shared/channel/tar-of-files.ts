/** A small tar in memory, for what is copied into a container. */
import { pack } from 'tar-stream';

export async function tarOfFiles(files: ReadonlyArray<readonly [path: string, content: Buffer]>): Promise<Buffer> {
  const tar = pack();
  for (const [name, content] of files) tar.entry({ name, mode: 0o644 }, content);
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** An image as a directory of blobs (OCI image layout), made without any engine. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import tar from 'tar-stream';

/** Puts an image with these files (0755) into a directory, under a tag; `others`: of an index that has more. Gives its digest. */
export async function writeImageLayout(
  dir: string,
  files: Readonly<Record<string, string | Buffer>>,
  tag: string,
  others: readonly string[] = [],
): Promise<string> {
  const blobs = join(dir, 'blobs', 'sha256');
  mkdirSync(blobs, { recursive: true });
  const blob = (content: Buffer, mediaType: string) => {
    const hex = createHash('sha256').update(content).digest('hex');
    writeFileSync(join(blobs, hex), content);
    return { mediaType: `application/vnd.oci.image.${mediaType}`, digest: `sha256:${hex}`, size: content.length };
  };
  const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
  const pack = tar.pack();
  for (const [name, content] of Object.entries(files)) pack.entry({ name, mode: 0o755, mtime: new Date(0) }, content);
  pack.finalize();
  const layer = blob(await buffer(pack), 'layer.v1.tar');
  const config = blob(
    json({
      ...{ architecture: process.arch === 'arm64' ? 'arm64' : 'amd64', os: 'linux' },
      config: { Env: ['PATH=/bin', 'COLOUR=blue'] },
      rootfs: { type: 'layers', diff_ids: [layer.digest] },
    }),
    'config.v1+json',
  );
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = blob(json({ schemaVersion: 2, mediaType, config, layers: [layer] }), 'manifest.v1+json');
  const named = [tag, ...others].map((name) => ({
    ...manifest,
    annotations: { 'org.opencontainers.image.ref.name': name },
  }));
  writeFileSync(join(dir, 'index.json'), json({ schemaVersion: 2, manifests: named }));
  writeFileSync(join(dir, 'oci-layout'), json({ imageLayoutVersion: '1.0.0' }));
  return manifest.digest;
}

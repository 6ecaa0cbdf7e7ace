import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withResultFiles } from '../../../../src/cli/build/result-files.js';
import type { EngineEvent } from '../../../../src/core/events.js';
import type { BuildResult } from '../../../../src/core/model/index.js';
import type { BuildRequest, Engine } from '../../../../src/engine/engine.js';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bxtui-result-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const RESULT: BuildResult = { imageId: 'sha256:manifest', tags: ['app:1', 'app:2'], outputs: [] };
const descriptor = { mediaType: 'm', digest: 'sha256:manifest', size: 1 };
const METADATA = {
  'image.name': 'app:1,app:2',
  'containerimage.digest': 'sha256:manifest',
  'containerimage.config.digest': 'sha256:config',
  'containerimage.descriptor': Buffer.from(JSON.stringify(descriptor)).toString('base64'),
};

/** The last event of a build that ends with `last`. */
async function ends(last: EngineEvent, iidFile: string | null, metadataFile: string | null): Promise<EngineEvent> {
  const events = (async function* () {
    yield { type: 'export.started' } as const;
    yield last;
  })();
  const engine = { build: () => ({ events }) } as unknown as Engine;
  const run = withResultFiles(engine, { iidFile, metadataFile, hasWarnings: false, record: null }).build({} as BuildRequest);
  let end: EngineEvent | null = null;
  for await (const event of run.events) end = event;
  return end!;
}
const succeeded = (result: BuildResult): EngineEvent => ({ type: 'build.succeeded', result });

describe('withResultFiles', () => {
  it('writes the id of the image’s configuration, and what the exporter says with its objects decoded', async () => {
    const [id, metadata] = [join(dir, 'id'), join(dir, 'metadata.json')];
    const event = succeeded({ ...RESULT, metadata: METADATA });
    expect(await ends(event, id, metadata)).toBe(event);
    expect(readFileSync(id, 'utf8')).toBe('sha256:config');
    expect(JSON.parse(readFileSync(metadata, 'utf8'))).toEqual({ ...METADATA, 'containerimage.descriptor': descriptor });
    expect(readFileSync(metadata, 'utf8')).toMatch(/^\{\n {2}"containerimage\.config\.digest": /);
    expect(readdirSync(dir).sort()).toEqual(['id', 'metadata.json']);
  });

  it('adds what the engine warns of, each warning once, unless nobody asked for it', async () => {
    const metadata = join(dir, 'metadata.json');
    const source = { filename: 'Dockerfile', data: 'ZGF0YQ==' };
    const warning = { vertex: 'sha256:1', level: 1, short: 'dGV4dA==', sourceInfo: source };
    const again = { ...warning, vertex: 'sha256:2', sourceInfo: { ...source, definition: { def: ['AA=='] } } };
    const heard: string[] = [];
    const write = async (hasWarnings: boolean, kind: 'docker' | 'classic' = 'docker'): Promise<Record<string, unknown>> => {
      const engine = {
        summary: { kind },
        build: ({ onRawStatus }: BuildRequest) => ({
          events: (async function* () {
            for (const warnings of [[warning], [again, { ...again, level: 2 }]]) onRawStatus?.(JSON.stringify({ warnings }));
            onRawStatus?.('{}');
            yield succeeded({ ...RESULT, metadata: METADATA });
          })(),
        }),
      } as unknown as Engine;
      const files = { iidFile: null, metadataFile: metadata, hasWarnings, record: null };
      const run = withResultFiles(engine, files).build({
        onRawStatus: (json: string) => heard.push(json),
      } as unknown as BuildRequest);
      for await (const _event of run.events);
      return JSON.parse(readFileSync(metadata, 'utf8'));
    };
    expect((await write(true))['buildx.build.warnings']).toEqual([warning, { ...warning, vertex: 'sha256:2', level: 2 }]);
    expect(heard).toHaveLength(3);
    expect(await write(false)).not.toHaveProperty(['buildx.build.warnings']);
    expect(await write(true, 'classic')).not.toHaveProperty(['buildx.build.warnings']);
  });

  it('writes what is known where no exporter says anything', async () => {
    const [id, metadata] = [join(dir, 'id'), join(dir, 'metadata.json')];
    await ends(succeeded(RESULT), id, metadata);
    expect(readFileSync(id, 'utf8')).toBe('sha256:manifest');
    expect(JSON.parse(readFileSync(metadata, 'utf8'))).toEqual({
      'containerimage.config.digest': 'sha256:manifest',
      'image.name': 'app:1,app:2',
    });
    await ends(succeeded({ imageId: null, tags: [], outputs: ['local /out'] }), null, metadata);
    expect(readFileSync(metadata, 'utf8')).toBe('{}');
  });

  it('writes where symbolic links lead to, and leaves devices what they are', async () => {
    const [id, metadata] = [join(dir, 'id'), join(dir, 'metadata.json')];
    symlinkSync('real-id', id);
    symlinkSync('/dev/null', metadata);
    for (let build = 0; build < 2; build++) await ends(succeeded(RESULT), id, metadata);
    expect(readFileSync(join(dir, 'real-id'), 'utf8')).toBe('sha256:manifest');
    expect([id, metadata].map((path) => lstatSync(path).isSymbolicLink())).toEqual([true, true]);
    expect(lstatSync('/dev/null').isCharacterDevice()).toBe(true);
    expect(readdirSync(dir).sort()).toEqual(['id', 'metadata.json', 'real-id']);
  });

  it('leaves no id of an earlier build behind a build that fails', async () => {
    const id = join(dir, 'id');
    writeFileSync(id, 'sha256:old');
    const failure = { digest: null, message: 'no', hint: null, exitCode: 1, line: null };
    await ends({ type: 'build.failed', failure }, id, null);
    expect(existsSync(id)).toBe(false);
  });

  it('fails a build whose files cannot be written, with the flag and the file', async () => {
    mkdirSync(join(dir, 'is-a-directory'));
    for (const path of [join(dir, 'is-a-directory'), join(dir, 'nowhere/metadata.json')]) {
      const event = await ends(succeeded(RESULT), null, path);
      const message = expect.stringContaining(`--metadata-file: cannot write ${path}`);
      expect(event).toMatchObject({
        type: 'build.failed',
        failure: { message, hint: expect.stringContaining('--metadata-file') },
      });
    }
    expect(readdirSync(dir)).toEqual(['is-a-directory']);
  });
});

/** The direction of the imports between rooms, as src/ARCHITECTURE.md draws it. */
import { describe, expect, it } from 'vitest';
import { type Import, importsOf, readSources, roomOf } from '../../helpers/source-files.js';

/** What a room may import besides its own files: a room, or with a slash one file or folder of it. */
const ARROWS: Record<string, readonly string[]> = {
  cli: [
    ...['actions', 'builders', 'config', 'core', 'engine', 'input', 'monitor', 'plain', 'platform', 'private-engine', 'session'],
    ...['term', 'ui'],
  ],
  ui: ['actions', 'config', 'core', 'input', 'platform', 'session', 'term'],
  plain: ['actions', 'config', 'core', 'input', 'platform', 'session', 'term'],
  actions: ['core', 'platform', 'session'],
  monitor: ['core', 'platform', 'session'],
  session: ['core', 'engine/engine.ts', 'platform', 'term'],
  engine: ['builders/endpoint.ts', 'core/dockerfile', 'core/events.ts', 'core/model', 'platform'],
  builders: ['platform', 'private-engine/record.ts'],
  'private-engine': ['platform'],
  config: ['platform'],
  input: ['platform'],
  term: ['platform'],
  platform: [],
  core: [],
};

/** Packages with a home: nobody else imports them. */
const HOMES: Record<string, RegExp> = {
  blessed: /^src\/ui\//,
  'blessed-contrib': /^src\/ui\//,
  '@xterm/headless': /^src\/(term|ui)\//,
  'node-pty': /^src\/platform\//,
  '@lydell/node-pty': /^src\/platform\//,
  dockerode: /^src\/(engine|builders)\//,
  '@connectrpc/connect': /^src\/engine\/buildkit\//,
  '@connectrpc/connect-node': /^src\/engine\/buildkit\//,
  '@bufbuild/protobuf': /^src\/engine\/buildkit\//,
  'dockerfile-ast': /^src\/core\/dockerfile\//,
};

const imports = readSources('src').flatMap(importsOf);
const ownImports = imports.filter((one) => one.isOwn);
const show = (one: Import) => `${one.from} -> ${one.to}`;

describe('imports', () => {
  it('are found at all', () => {
    expect(ownImports.length).toBeGreaterThan(50);
    expect(imports.some((one) => one.to === 'node:http2')).toBe(true);
  });

  it('stay inside the project', () => {
    expect(ownImports.filter((one) => !one.to.startsWith('src/')).map(show)).toEqual([]);
  });

  it('follow the arrows between rooms', () => {
    const wrong = ownImports.filter((one) => {
      const [from, to] = [roomOf(one.from), roomOf(one.to)];
      if (from === to) return false;
      return !(ARROWS[from] ?? []).some(
        (allowed) => allowed === to || one.to === `src/${allowed}` || one.to.startsWith(`src/${allowed}/`),
      );
    });
    expect(wrong.map(show)).toEqual([]);
  });

  it('have no cycle between rooms', () => {
    const edges = new Map<string, Set<string>>();
    for (const one of ownImports) {
      const [from, to] = [roomOf(one.from), roomOf(one.to)];
      if (from !== to) edges.set(from, (edges.get(from) ?? new Set()).add(to));
    }
    expect(cycleIn(edges)).toBeNull();
  });

  it('go from no panel to another, from no engine to another', () => {
    const parallel = (one: Import, folder: string) => {
      const member = (path: string) => (path.startsWith(folder) ? (path.slice(folder.length).split('/')[0] ?? '') : null);
      const [from, to] = [member(one.from), member(one.to)];
      // What engines have in common belongs to none of them.
      return from !== null && to !== null && from !== to && to !== 'shared' && isFolder(folder, from) && isFolder(folder, to);
    };
    const wrong = ownImports.filter((one) => parallel(one, 'src/ui/panels/') || parallel(one, 'src/engine/'));
    expect(wrong.map(show)).toEqual([]);
  });

  it('keep the core pure', () => {
    const core = imports.filter((one) => roomOf(one.from) === 'core' && !one.isOwn);
    expect(core.filter((one) => one.to.startsWith('node:') || !['dockerfile-ast'].includes(one.to)).map(show)).toEqual([]);
  });

  it('bring a package in only where it is at home', () => {
    const wrong = imports.filter((one) => {
      if (one.isOwn) return false;
      const home = Object.entries(HOMES).find(([name]) => one.to === name || one.to.startsWith(`${name}/`));
      return home !== undefined && !home[1].test(one.from);
    });
    expect(wrong.map(show)).toEqual([]);
  });

  it('name node modules with their prefix', () => {
    const bare = new Set([
      'fs',
      'path',
      'os',
      'net',
      'http',
      'http2',
      'child_process',
      'stream',
      'events',
      'util',
      'tty',
      'crypto',
    ]);
    expect(imports.filter((one) => bare.has(one.to)).map(show)).toEqual([]);
  });
});

describe('the core', () => {
  it('asks nobody for the time or for chance', () => {
    const impure = readSources('src/core').filter((file) =>
      /\bDate\.now\(|new Date\(\)|\bMath\.random\(|\bprocess\.(?:env|argv|cwd|hrtime|uptime|pid|std\w+|platform|memoryUsage)\b/.test(
        file.text,
      ),
    );
    expect(impure.map((file) => file.path)).toEqual([]);
  });
});

function isFolder(parent: string, name: string): boolean {
  return !name.endsWith('.ts') && ownImports.some((one) => one.from.startsWith(`${parent}${name}/`));
}

/** Depth-first search; the first cycle as a readable chain. */
function cycleIn(edges: ReadonlyMap<string, ReadonlySet<string>>): string | null {
  const done = new Set<string>();
  const visit = (room: string, trail: readonly string[]): string | null => {
    if (trail.includes(room)) return [...trail.slice(trail.indexOf(room)), room].join(' -> ');
    if (done.has(room)) return null;
    for (const next of edges.get(room) ?? []) {
      const cycle = visit(next, [...trail, room]);
      if (cycle !== null) return cycle;
    }
    done.add(room);
    return null;
  };
  for (const room of edges.keys()) {
    const cycle = visit(room, []);
    if (cycle !== null) return cycle;
  }
  return null;
}

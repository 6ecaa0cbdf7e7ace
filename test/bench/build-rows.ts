/** Rows about whole builds without a terminal: start-up, cached steps, contexts. The peer is `buildx build` on the same engine. */
import { closeSync, mkdirSync, openSync, readdirSync, statfsSync, utimesSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BASE, createProject, type Project } from '../helpers/project.js';
import type { Bench } from './main.js';
import { alternate, type Command, measureCommand, median, type Sample } from './measure.js';
import { ms, type Row, type RowMaker, ratio } from './table.js';

type Cells = Omit<Row, 'work' | 'goal'>;

export function buildRows(bench: Bench): RowMaker[] {
  const mine = (...args: string[]): Command => ({ argv: [...bench.bxtui, ...args], env: bench.env });
  const theirs = (...args: string[]): Command => {
    const { argv, env } = bench.peer();
    return { argv: [...argv, ...args], env: { ...bench.env, ...env } };
  };
  const compareBuilds = async (dir: string, pairs: number, prepare: () => void = () => {}): Promise<Cells> => {
    const prepared = async (program: 'bxtui' | 'peer') => {
      prepare();
      const command = program === 'bxtui' ? mine : theirs;
      return await measureCommand(command('build', '--progress=plain', dir));
    };
    await prepared('bxtui');
    await prepared('peer');
    return cells(
      await alternate(
        pairs,
        () => prepared('bxtui'),
        () => prepared('peer'),
      ),
    );
  };
  return [
    {
      work: 'version',
      goal: '≤ 1.0 wall',
      run: async () =>
        cells(
          await alternate(
            bench.pairs,
            () => measureCommand(mine('--version')),
            () => measureCommand(theirs('version')),
          ),
        ),
    },
    {
      work: 'cached build, 8 steps',
      goal: '≤ 0.8 wall, ≤ 0.8 cpu',
      run: () => compareBuilds(createProject(`${BASE}${'RUN true\n'.repeat(4)}`).dir, bench.pairs),
    },
    {
      work: '300 cached steps',
      goal: '≤ 0.9 wall',
      run: () => compareBuilds(manySteps().dir, bench.pairs),
    },
    {
      work: 'context: one file of 1 GiB',
      goal: '≤ 0.75 wall, ≤ 0.35 cpu',
      run: async () => {
        const project = largeFile();
        return await compareBuilds(project.dir, bench.largePairs, () =>
          utimesSync(project.path('large'), new Date(), new Date()),
        );
      },
    },
    {
      work: 'context: 100,000 files, all new',
      goal: '≤ 1.0 wall, ≤ 0.5 cpu',
      run: () => {
        const files = manyFiles();
        return compareBuilds(files.dir, bench.largePairs, () => touchAll(files.path('many')));
      },
    },
    {
      work: 'context: 100,000 files, unchanged',
      goal: '≤ 0.6 wall, ≤ 0.45 cpu',
      run: () => compareBuilds(manyFiles().dir, bench.largePairs),
    },
  ];
}

function cells([one, other]: [Sample[], Sample[]]): Cells {
  const of = (samples: readonly Sample[]) => ({
    wall: median(samples.map((sample) => sample.wallMs)),
    cpu: median(samples.flatMap((sample) => (sample.cpuMs === null ? [] : [sample.cpuMs]))),
    peak: median(samples.map((sample) => sample.peakMiB)),
  });
  const [ours, peers] = [of(one), of(other)];
  const show = (stats: typeof ours) => `${ms(stats.wall)}, ${ms(stats.cpu)} cpu, ${stats.peak.toFixed(0)} MiB`;
  return {
    bxtui: show(ours),
    peer: show(peers),
    ratio: `${ratio(ours.wall, peers.wall)} wall, ${ratio(ours.cpu, peers.cpu)} cpu`,
  };
}

/** Engines stop at 125 layers an image, so the steps are spread over stages. */
function manySteps(): Project {
  const stages = Array.from(
    { length: 5 },
    (_, stage) => `FROM base AS s${stage}\n${Array.from({ length: 58 }, (_, i) => `COPY Dockerfile /f${i}\n`).join('')}`,
  );
  return createProject(
    `${BASE}${stages.join('')}FROM base\n${stages.map((_, stage) => `COPY --from=s${stage} /f0 /s${stage}\n`).join('')}`,
  );
}

function requireSpace(gibibytes: number): void {
  const { bavail, bsize } = statfsSync(tmpdir());
  if (bavail * bsize < gibibytes * 2 ** 30) throw new Error(`less than ${gibibytes} GiB free in ${tmpdir()}`);
}

function largeFile(): Project {
  requireSpace(6);
  const project = createProject('FROM scratch\nCOPY large /large\n');
  const block = Buffer.alloc(4 << 20, 'a line of a file that does not compress to nothing at once\n');
  const file = openSync(project.path('large'), 'w');
  for (let i = 0; i < 256; i++) {
    block.writeUInt32LE(i, 0);
    writeSync(file, block);
  }
  closeSync(file);
  return project;
}

let sharedFiles: Project | null = null;

function manyFiles(): Project {
  if (sharedFiles !== null) return sharedFiles;
  requireSpace(4);
  sharedFiles = createProject('FROM scratch\nCOPY many /many\n');
  const content = 'x'.repeat(1024);
  for (let dir = 0; dir < 1000; dir++) {
    const path = join(sharedFiles.path('many'), String(dir));
    mkdirSync(path, { recursive: true });
    for (let file = 0; file < 100; file++) writeFileSync(join(path, String(file)), content);
  }
  return sharedFiles;
}

function touchAll(dir: string): void {
  const now = new Date();
  for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) utimesSync(join(entry.parentPath, entry.name), now, now);
  }
}

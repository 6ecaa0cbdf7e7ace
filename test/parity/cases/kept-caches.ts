/**
 * Cases of caches that outlive an engine's own: written by one build, and all that a second one has, which finds the engine's cache empty. `@CACHE@`
 * is a directory, `@REF@` a name in a registry, `@NAME@` one elsewhere; all are the program's own, or, where `isOfOther`, those of the other program.
 * `@GITHUB@` is where GitHub keeps caches.
 */
import { githubToken } from '../../helpers/github-cache.js';
import { BASE } from '../case.js';

export interface CacheCase {
  readonly name: string;
  readonly dockerfile: string;
  readonly to: readonly string[];
  readonly from: readonly string[];
  readonly isOfOther?: boolean;
  /** `@GITHUB@` here as well. */
  readonly env?: Readonly<Record<string, string>>;
  /** The second build finds nothing. */
  readonly isLost?: boolean;
  /** Where what is written can be looked at: as an index in the directory, as a manifest in the registry, as a part of the image there. */
  readonly form: 'directory' | 'registry' | 'image' | 'none';
}

/** What the first build makes up shows whose result the second one has. */
const MADE_UP = 'RUN cat /proc/sys/kernel/random/uuid > /id; cat /id';
/** The command is in a stage that is no part of the result: a cache of `mode=min` has the key of its result only. */
const STAGES = `${BASE}${MADE_UP}\nFROM scratch\nCOPY --from=base /id /id\n`;
const LAYERS = `${BASE}${MADE_UP}\nRUN cp /id /second\n`;

const directory = (name: string, options: string, more: Partial<CacheCase> = {}): CacheCase => ({
  ...{ name, dockerfile: STAGES, form: 'directory' },
  to: ['--cache-to', `type=local,dest=@CACHE@${options}`],
  from: ['--cache-from', 'type=local,src=@CACHE@'],
  ...more,
});
const registry = (name: string, options: string, more: Partial<CacheCase> = {}): CacheCase => ({
  ...{ name, dockerfile: STAGES, form: 'registry' },
  to: ['--cache-to', `type=registry,ref=@REF@${options}`],
  from: ['--cache-from', 'type=registry,ref=@REF@'],
  ...more,
});
const inImage = (name: string, from: string, more: Partial<CacheCase> = {}): CacheCase => ({
  ...{ name, dockerfile: LAYERS, form: 'image' },
  to: ['--cache-to', 'type=inline', '-t', '@REF@', '--push'],
  from: ['--cache-from', from],
  ...more,
});

export const keptCaches: readonly CacheCase[] = [
  directory('a directory, mode=min', ',mode=min'),
  directory('a directory, mode=max', ',mode=max'),
  directory('a directory, mode=max, of layers', ',mode=max', { dockerfile: LAYERS }),
  directory('a directory of another compression', ',mode=max,compression=zstd,force-compression=true,oci-mediatypes=true'),
  directory('a directory by its tag', ',mode=max,tag=one', { from: ['--cache-from', 'type=local,src=@CACHE@,tag=one'] }),
  directory('a directory that is not there', '', {
    ...{ from: ['--cache-from', 'type=local,src=@CACHE@-none'], isLost: true },
  }),
  directory('a directory of the other program', ',mode=max', { isOfOther: true }),
  registry('a registry, mode=min', ',mode=min'),
  registry('a registry, mode=max, of layers', ',mode=max', { dockerfile: LAYERS }),
  registry('a registry, by its name alone', '', { to: ['--cache-to', '@REF@'], from: ['--cache-from', '@REF@'] }),
  registry('a registry of the other program', ',mode=max,image-manifest=false', { isOfOther: true }),
  registry('a registry that does not answer, which is passed over', '', {
    ...{ to: ['--cache-to', 'type=registry,ref=127.0.0.1:9/none,ignore-error=true'], form: 'none', isLost: true },
  }),
  registry('a registry that does not answer', '', {
    to: ['--cache-to', 'type=registry,ref=127.0.0.1:9/none'],
    form: 'none',
    isLost: true,
  }),
  inImage('an image', 'type=registry,ref=@REF@'),
  inImage('an image of stages, of which only the last is in it', '@REF@', { dockerfile: STAGES }),
  inImage('an image of the other program', '@REF@', { isOfOther: true }),
  directory('two, of which one is there', ',mode=max', {
    to: ['--cache-to', 'type=local,dest=@CACHE@,mode=max', '--cache-to', 'type=registry,ref=@REF@,mode=max'],
    from: ['--cache-from', 'type=local,src=@CACHE@-none', '--cache-from', '@REF@'],
  }),
];

/** A job on GitHub has all that it takes in its environment. */
const JOB = { ACTIONS_RESULTS_URL: '@GITHUB@', ACTIONS_RUNTIME_TOKEN: githubToken('refs/heads/main') };
const ofGithub = (name: string, options: string, more: Partial<CacheCase> = {}): CacheCase => ({
  ...{ name, dockerfile: STAGES, form: 'none', env: { ...JOB, ACTIONS_CACHE_SERVICE_V2: 'true' } },
  to: ['--cache-to', `type=gha,scope=@NAME@${options}`],
  from: ['--cache-from', 'type=gha,scope=@NAME@'],
  ...more,
});

export const githubCaches: readonly CacheCase[] = [
  ofGithub('mode=min', ',mode=min'),
  ofGithub('mode=max', ',mode=max'),
  ofGithub('of layers, with the address on the command line', ',mode=max,url_v2=@GITHUB@', {
    ...{ dockerfile: LAYERS, env: { ACTIONS_RUNTIME_TOKEN: JOB.ACTIONS_RUNTIME_TOKEN } },
    from: ['--cache-from', 'type=gha,scope=@NAME@,url_v2=@GITHUB@'],
  }),
  ofGithub('of the other program', ',mode=max', { isOfOther: true }),
  ofGithub('outside of a job, which is passed over', ',mode=max', { env: {}, isLost: true }),
  ofGithub('a token that is none', ',mode=max', { env: { ...JOB, ACTIONS_RUNTIME_TOKEN: 'none' }, isLost: true }),
];

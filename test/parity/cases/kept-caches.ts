/**
 * Cases of caches that outlive an engine's own: written by one build, and all that a second one has, which finds the engine's cache empty. `@CACHE@`
 * is a directory, `@REF@` a name in a registry; both are the program's own, or, where `isOfOther`, those of the other program.
 */
import { BASE } from '../case.js';

export interface CacheCase {
  readonly name: string;
  readonly dockerfile: string;
  readonly to: readonly string[];
  readonly from: readonly string[];
  readonly isOfOther?: boolean;
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

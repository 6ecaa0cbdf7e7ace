/** Tokens and keys of caches in what is kept and shown. */
import { describe, expect, it } from 'vitest';
import { secretValues } from '../../../../src/cli/sessions/recording.js';
import { parseCaches } from '../../../../src/cli/values/cache.js';
import { withoutCacheSecrets } from '../../../../src/cli/values/cache-secrets.js';

describe('the secrets of caches', () => {
  it.each([
    [
      ['--cache-to', 'type=gha,token=t,scope=a'],
      ['--cache-to', 'type=gha,token=[withheld],scope=a'],
    ],
    [['--cache-from=type=gha,GHToken=t'], ['--cache-from=type=gha,GHToken=[withheld]']],
    [['--cache-to=type=gha,"token=a,""b",scope=c'], ['--cache-to=type=gha,token=[withheld],scope=c']],
    [['--cache-to=type=gha,token="a,scope=c'], ['--cache-to=[withheld]']],
    [
      ['--cache-to', 'type=s3,access_key_id=i,secret_access_key=s,session_token=u,"name=a,b"'],
      ['--cache-to', 'type=s3,access_key_id=i,secret_access_key=[withheld],session_token=[withheld],"name=a,b"'],
    ],
    [
      ['-t', 'token=t', '--cache-to', 'a/token:b', '.'],
      ['-t', 'token=t', '--cache-to', 'a/token:b', '.'],
    ],
  ])('are left out of a command line: %j', (args, expected) => {
    expect(withoutCacheSecrets(args)).toEqual(expected);
  });

  it('are taken out of records, wherever they come from', () => {
    const env = { ACTIONS_RUNTIME_TOKEN: 'of the job', ACTIONS_CACHE_URL: 'https://c' };
    const cacheTo = parseCaches(['type=gha', 'type=gha,token=given'], '--cache-to', env, '/');
    const cacheFrom = parseCaches(['type=s3,access_key_id=i,secret_access_key=hush'], '--cache-from', env, '/');
    const options = { secrets: [], buildArgs: [], invoke: null, settings: { cacheTo, cacheFrom } };
    expect(secretValues(options, env).sort()).toEqual(['given', 'hush', 'of the job']);
  });
});

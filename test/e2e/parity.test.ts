/**
 * The parity suite: many small builds, each by bxtui and by `docker buildx` on the same engine, with the same result. Where buildx cannot be
 * had, or the engine is too old for it, the suite is skipped and says so.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { endRuns } from '../helpers/run.js';
import { findBuildx } from '../parity/buildx.js';
import { PARITY_CASES } from '../parity/cases.js';
import { compareCase } from '../parity/compare.js';
import { whyNoSsh } from '../parity/ssh.js';

const buildx = findBuildx(undefined, { alsoRemote: true });
const noSsh = whyNoSsh();
const tellsWhy = typeof buildx === 'string' ? ` (skipped: ${buildx})` : '';
afterAll(endRuns);

describe.concurrent(`parity with docker buildx${tellsWhy}`, () => {
  for (const [theme, cases] of Object.entries(PARITY_CASES)) {
    it.skipIf(typeof buildx === 'string' || (theme === 'ssh' && noSsh !== null)).for(cases)(
      `${theme}: $name`,
      async (one, { skip }) => {
        if (typeof buildx === 'string') return;
        skip(one.needsLayouts === true && !buildx.takesLayouts, 'the engine takes no images out of directories');
        const { bxtui, buildx: other } = await compareCase(one, buildx);
        expect(bxtui).toEqual(other);
        if (one.compared === 'failure') expect(other).toMatchObject({ says: 'what it should' });
      },
    );
  }
});

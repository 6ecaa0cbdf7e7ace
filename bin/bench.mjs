#!/usr/bin/env node
/** `npm run bench`: speed and memory beside the peers, as one table; a measurement, never a test, so it never fails on a figure. */
import { runScript, say } from '../test/setup/say.mjs';

await runScript(async () => {
  say('the rows of the benchmark are in test/bench');
  return 0;
});

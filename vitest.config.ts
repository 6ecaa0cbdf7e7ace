/** The test suites. Those that talk to an engine get one from a global set-up and run one file after the other. */
import { defineConfig } from 'vitest/config';

/** A condition that is waited for costs no more than it takes; on a busy machine that may be seconds. */
const expect = { poll: { timeout: 15_000 } };

const STATE = 'test/setup/private-state.ts';

const alone = { expect, globalSetup: [STATE], testTimeout: 20_000 };

const onEngine = {
  expect,
  globalSetup: [STATE, 'test/setup/global-engine.ts'],
  testTimeout: 90_000,
  hookTimeout: 90_000,
  fileParallelism: false,
};

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], ...alone } },
      { test: { name: 'golden', include: ['test/golden/**/*.test.ts'], ...alone } },
      { test: { name: 'engine-contract', include: ['test/engine-contract/**/*.test.ts'], ...onEngine } },
      { test: { name: 'e2e', include: ['test/e2e/**/*.test.ts'], ...onEngine } },
    ],
  },
});

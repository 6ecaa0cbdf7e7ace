/** The test suites. Those that talk to an engine get one from a global set-up and run one file after the other. */
import { defineConfig } from 'vitest/config';

const onEngine = {
  globalSetup: ['test/setup/global-engine.ts'],
  testTimeout: 90_000,
  hookTimeout: 90_000,
  fileParallelism: false,
};

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 20_000 } },
      { test: { name: 'golden', include: ['test/golden/**/*.test.ts'], testTimeout: 20_000 } },
      { test: { name: 'engine-contract', include: ['test/engine-contract/**/*.test.ts'], ...onEngine } },
      { test: { name: 'e2e', include: ['test/e2e/**/*.test.ts'], ...onEngine } },
    ],
  },
});

import { expect, test } from 'vitest';
import { parseDockerfile } from '../../../src/core/dockerfile/index.js';
import type { Generation } from '../../../src/core/model/index.js';
import { startGeneration } from '../../../src/core/reduce/generation.js';
import { createLogRate } from '../../../src/ui/control/log-rate.js';

const text = 'FROM scratch\nRUN one\n';
const first = startGeneration(
  { number: 1, startedAtMs: 0, dockerfile: { path: '/x/Dockerfile', text }, target: null },
  parseDockerfile(text),
);
const after = (lines: number, endedAtMs: number | null = null): Generation => {
  const step = first.steps['2']!;
  return { ...first, endedAtMs, steps: { ...first.steps, '2': { ...step, log: { ...step.log, lines } } } };
};

test('samples whole seconds, and once more what came in the last part of one', () => {
  const rate = createLogRate();
  expect(rate.sample(after(0), 0)).toEqual([]);
  expect(rate.sample(after(4), 600)).toEqual([]);
  expect(rate.sample(after(10), 1000)).toEqual([10]);
  expect(rate.sample(after(30), 3000)).toEqual([10, 10]);
  expect(rate.sample(after(36, 3400), 3400)).toEqual([10, 10, 6]);
  expect(rate.sample(after(36, 3400), 9000)).toEqual([10, 10, 6]);
});

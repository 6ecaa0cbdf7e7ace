import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createStepReader, type FilesQuestion } from '../../../src/session/step-files.js';
import { FakeRun } from './fake-engine.js';

const LIST: FilesQuestion = { kind: 'list', path: '/' };
const wish = (step: string, state = 'done') => ({ generation: 1, step, state, moment: 'auto' }) as const;
const signal = new AbortController().signal;

let run: FakeRun;
beforeEach(() => {
  vi.useFakeTimers();
  run = new FakeRun();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the reader of files', () => {
  it('keeps what was looked into for the next question, and not for ever', async () => {
    const reader = createStepReader();
    await reader.answer(run, wish('2'), LIST, signal);
    await vi.advanceTimersByTimeAsync(20_000);
    await reader.answer(run, wish('2'), LIST, signal);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(run.opened.map(({ isReleased }) => isReleased)).toEqual([false]);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(run.opened.map(({ isReleased }) => isReleased)).toEqual([true]);
    await reader.answer(run, wish('2'), LIST, signal);
    expect(run.opened).toHaveLength(2);
    await reader.drop();
    expect(run.opened[1]!.isReleased).toBe(true);
  });

  it('opens another step, or the same one in another state, anew', async () => {
    const reader = createStepReader();
    await reader.answer(run, wish('2', 'pending'), LIST, signal);
    await reader.answer(run, wish('2', 'failed'), LIST, signal);
    await reader.answer(run, wish('3'), LIST, signal);
    expect(run.opened.map(({ step, isReleased }) => [step, isReleased])).toEqual([
      ['2', true],
      ['2', true],
      ['3', false],
    ]);
  });

  it('takes nothing away from a question that is on its way', async () => {
    const reader = createStepReader();
    let answer: () => void = () => undefined;
    await reader.answer(run, wish('2'), LIST, signal);
    run.opened[0]!.list = () =>
      new Promise((resolve) => {
        answer = () => resolve([]);
      });
    const slow = reader.answer(run, wish('2'), LIST, signal);
    await reader.answer(run, wish('3'), LIST, signal);
    await vi.advanceTimersByTimeAsync(0);
    expect(run.opened[0]!.isReleased).toBe(false);
    answer();
    await slow;
    await vi.advanceTimersByTimeAsync(0);
    expect(run.opened.map(({ isReleased }) => isReleased)).toEqual([true, false]);
  });

  it('tries again what could not be opened', async () => {
    const reader = createStepReader();
    run.filesError = new Error('no');
    await expect(reader.answer(run, wish('2'), LIST, signal)).rejects.toThrow('no');
    run.filesError = null;
    await reader.answer(run, wish('2'), LIST, signal);
    expect(run.opened).toHaveLength(1);
  });
});

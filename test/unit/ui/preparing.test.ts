import { describe, expect, it } from 'vitest';
import type { SessionState } from '../../../src/core/model/index.js';
import { stepToPrepare } from '../../../src/ui/control/preparing.js';
import { initialView, type ViewState } from '../../../src/ui/view-state.js';
import { openShell, tellStory } from '../../golden/story.js';

const view = (over: Partial<ViewState>): ViewState => ({ ...initialView(120, 40), ...over });
const on = (step: string): Partial<ViewState> => ({ focus: 'steps', selection: { kind: 'user', step, atMs: 0 } });

function failedWith(...shells: string[]): SessionState {
  const { session } = tellStory('failed');
  for (const [at, step] of shells.entries()) openShell(session, 1, `q${at}`, step, step === '10' ? 'failed' : 'after');
  return session.state;
}

describe('the step whose shell is likely to be wanted next', () => {
  it('is the one that the person has put the cursor on', () => {
    expect(stepToPrepare(failedWith('10'), view(on('4')))).toEqual({ step: '4', generation: 1 });
  });

  it('is the one before the failed one, whose shell is there, until somebody says otherwise', () => {
    const before = { step: '9', generation: 1 };
    expect(stepToPrepare(failedWith('10'), view({ focus: 'terminal' }))).toEqual(before);
    expect(stepToPrepare(failedWith('10'), view({ focus: 'steps' }))).toEqual(before);
    expect(stepToPrepare(failedWith('10', '4'), view(on('4')))).toEqual(before);
  });

  it('is none that has a shell, and none while the failed one has none or something else is going on', () => {
    expect(stepToPrepare(failedWith('10', '9'), view({ focus: 'terminal' }))).toBeNull();
    expect(stepToPrepare(failedWith(), view({ focus: 'terminal' }))).toBeNull();
    const overlays = [{ kind: 'help' }] as unknown as ViewState['overlays'];
    expect(stepToPrepare(failedWith('10'), view({ focus: 'terminal', overlays }))).toBeNull();
    expect(stepToPrepare(tellStory('running').session.state, view(on('4')))).toBeNull();
  });
});

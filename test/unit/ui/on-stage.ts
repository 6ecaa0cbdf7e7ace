/** A screen with a told story and a fake session, for tests that press keys: `open` first, then `stage` and `session` are there. */
import { afterEach } from 'vitest';
import type { SessionCommand } from '../../../src/session/session.js';
import type { FakeSession } from '../../golden/fake-session.js';
import { openStage, type Stage, type StageOptions } from '../../golden/stage.js';
import { openShell, type StoryPoint, tellStory } from '../../golden/story.js';

export let stage: Stage;
export let session: FakeSession;

export async function open(point: StoryPoint, options: Partial<StageOptions> = {}): Promise<void> {
  const story = tellStory(point);
  session = story.session;
  stage = await openStage({ session, nowMs: story.nowMs, cols: 100, rows: 30, ...options });
}

/** The session opens a shell for each rollback, as the real one does. */
export function opensShells(): void {
  session.onExecute = (command) => {
    if (command.type !== 'step.rollback') return Promise.resolve({ process: null });
    const id = `p${session.state.processes.length + 1}`;
    openShell(session, 1, id, command.step, command.step === '10' ? 'failed' : 'after');
    session.fakeTerminal(id).print('/app # ');
    return Promise.resolve({ process: id });
  };
}

/** A shell in the failed step that has printed this. */
export function openShellOf(id: string, text: string): void {
  openShell(session, 1, id, '10', 'failed');
  session.fakeTerminal(id).print(text);
}

export const sent = <T extends SessionCommand['type']>(type: T) =>
  session.commands.filter((command): command is Extract<SessionCommand, { type: T }> => command.type === type);

afterEach(() => stage?.handle.close());

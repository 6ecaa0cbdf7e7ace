/** Waiting for the current build to end. */
import type { Generation } from '../core/model/index.js';
import { selectCurrent } from '../core/select/index.js';
import type { SessionClient } from '../session/index.js';

export function isBuilding(generation: Generation | null): boolean {
  return generation !== null && ['planning', 'running', 'exporting'].includes(generation.status);
}

/** Resolves with the current build once it is over; at once when it is, or when there is none. */
export function buildEnd(session: SessionClient): Promise<Generation | null> {
  return new Promise((resolve) => {
    const settle = (): boolean => {
      const generation = selectCurrent(session.state);
      const isOver = !isBuilding(generation);
      if (isOver) resolve(generation);
      return isOver;
    };
    if (settle()) return;
    const subscription = session.onEvent((event) => {
      if (event.type === 'engine.reported' && settle()) subscription.dispose();
    });
    void session.ended.then(() => resolve(selectCurrent(session.state)));
  });
}

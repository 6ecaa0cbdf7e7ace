/** What the screen does when its session is played from a record: tabs follow the programs, and after a jump everything begins anew. */
import type { Disposable } from '../../platform/byte-channel.js';
import type { ReplayControl } from '../../session/replay-control.js';
import { closeTab, showTab } from './tabs.js';
import type { Ui } from './ui-context.js';

export function followReplay(ui: Ui, replay: ReplayControl): Disposable {
  const { session } = ui.deps;
  const { store } = ui;
  const known = new Set(session.state.processes.map(({ id }) => id));
  const events = session.onEvent((event) => {
    // Who opened it is not in the record: whatever ran is shown.
    if (event.type !== 'process.updated' || known.has(event.process.id)) return;
    known.add(event.process.id);
    showTab(ui, event.process.id);
  });
  const jumped = (): void => {
    const { generations, processes } = session.state;
    const { activeTab, generation, tabs } = store.view;
    if (!generations.some(({ number }) => number === generation)) store.dispatch({ type: 'generation.chosen', generation: null });
    ui.logs.reset();
    for (const id of tabs) closeTab(ui, id);
    known.clear();
    for (const { id } of processes) {
      known.add(id);
      showTab(ui, id);
    }
    if (activeTab !== null && known.has(activeTab)) showTab(ui, activeTab);
  };
  const changes = replay.onChange((change) => {
    if (change === 'jumped') jumped();
    ui.invalidate();
  });
  return {
    dispose() {
      events.dispose();
      changes.dispose();
    },
  };
}

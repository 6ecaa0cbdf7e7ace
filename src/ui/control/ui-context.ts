/** What the parts of the controller share: the store, the grids, the current layout, and the session. Made once by `screen.ts`. */
import type { ActionContext } from '../../actions/index.js';
import type { ScreenDeps } from '../deps.js';
import type { Layout } from '../layout/layout.js';
import type { Look } from '../look.js';
import type { ScreenView } from '../screen-view.js';
import type { LogGrids } from './log-grids.js';
import type { ViewStore } from './store.js';
import type { Terminals } from './terminals.js';

export interface Ui {
  readonly deps: ScreenDeps;
  readonly store: ViewStore;
  readonly look: Look;
  readonly screenView: ScreenView;
  readonly terminals: Terminals;
  readonly logs: LogGrids;
  layout(): Layout;
  context(): ActionContext;
  invalidate(): void;
  /** Draws everything again, whatever the terminal shows. */
  redraw(): void;
  close(): void;
}

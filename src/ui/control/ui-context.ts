/** What the parts of the controller share: the store, the grids, the current layout, and the session. Made once by `screen.ts`. */
import type { ActionContext, PanelId } from '../../actions/index.js';
import type { ScreenDeps } from '../deps.js';
import type { Layout } from '../layout/layout.js';
import type { Look } from '../look.js';
import type { ScreenView } from '../screen-view.js';
import type { ViewState } from '../view-state.js';
import type { CommandRuns } from './command-runs.js';
import type { LogGrids } from './log-grids.js';
import type { ViewStore } from './store.js';
import type { Terminals } from './terminals.js';
import type { TypeAhead } from './type-ahead.js';

export interface Ui {
  readonly deps: ScreenDeps;
  readonly store: ViewStore;
  readonly look: Look;
  readonly screenView: ScreenView;
  readonly terminals: Terminals;
  readonly logs: LogGrids;
  readonly typeAhead: TypeAhead;
  readonly commandRuns: CommandRuns;
  layout(): Layout;
  /** The inside of a panel's box if the view were this one. */
  layoutWith(view: ViewState, panel: PanelId): { readonly width: number; readonly height: number };
  context(): ActionContext;
  invalidate(): void;
  /** Draws everything again, whatever the terminal shows. */
  redraw(): void;
  close(how?: 'quit' | 'detached'): void;
}

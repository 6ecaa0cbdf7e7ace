/** What we use of blessed beyond its published types: the cell grid, and drawing. Measured on blessed 0.1.81. */
declare module 'blessed-internal' {
  import type { Widgets } from 'blessed';

  /** Attribute number and characters; `''` in the follow-up cell of a wide character. */
  export type BlessedCell = [attr: number, chars: string];
  export interface BlessedLine extends Array<BlessedCell> {
    dirty: boolean;
  }

  export interface BlessedProgram {
    cols: number;
    rows: number;
    emit(event: 'resize'): void;
    destroy(): void;
  }

  export interface BlessedScreen extends Widgets.Screen {
    /** What the next frame shows, and what the terminal shows. */
    lines: BlessedLine[];
    olines: BlessedLine[];
    program: BlessedProgram & Widgets.Screen['program'];
    draw(start: number, end: number): void;
    alloc(isDirty?: boolean): void;
  }

  export interface BlessedCoords {
    xi: number;
    xl: number;
    yi: number;
    yl: number;
  }

  export interface BlessedElement extends Widgets.BoxElement {
    lpos: BlessedCoords | null;
    _getCoords(get?: boolean): BlessedCoords | undefined;
    render(): BlessedCoords | undefined;
  }
}

declare module 'blessed/lib/widgets/screen.js' {
  import type { Widgets } from 'blessed';

  const screen: (options: Widgets.IScreenOptions) => Widgets.Screen;
  export default screen;
}

declare module 'blessed/lib/tput.js' {
  interface TputInfo {
    readonly name: string;
    readonly names: readonly string[];
    readonly bools: object;
    readonly numbers: object;
    readonly strings: object;
  }
  interface Tput {
    /** Called by the constructor. */
    setup(): void;
    compile(info: TputInfo): object;
    inject(compiled: object): void;
  }
  const Tput: { prototype: Tput };
  export default Tput;
}

declare module 'blessed/lib/widgets/node.js' {
  const node: unknown;
  export default node;
}

declare module 'blessed/lib/widgets/box.js' {
  import type { Widgets } from 'blessed';

  const box: (options: Widgets.BoxOptions) => Widgets.BoxElement;
  export default box;
}

declare module 'blessed-contrib/lib/widget/gauge.js' {
  import type { Widgets } from 'blessed';

  interface GaugeElement extends Widgets.BoxElement {
    setPercent(percent: number): void;
  }
  const gauge: (options: Record<string, unknown>) => GaugeElement;
  export default gauge;
}

declare module 'blessed-contrib/lib/widget/sparkline.js' {
  import type { Widgets } from 'blessed';

  interface SparklineElement extends Widgets.BoxElement {
    setData(titles: readonly string[], data: ReadonlyArray<readonly number[]>): void;
  }
  const sparkline: (options: Record<string, unknown>) => SparklineElement;
  export default sparkline;
}

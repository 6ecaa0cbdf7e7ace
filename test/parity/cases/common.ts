/** Lines, files and builds that several themes have in common. */
import { BASE, type ParityCase } from '../case.js';

/** The result is the directory /out of the stage `base`. */
export const OUT = 'FROM scratch\nCOPY --from=base /out /\n';

export const inShell = (...lines: readonly string[]): string => `${BASE}RUN mkdir /out\n${lines.join('\n')}\n${OUT}`;

export const fromScratch = (...lines: readonly string[]): string => `FROM scratch\n${lines.join('\n')}\n`;

export const TREE = {
  'a.txt': 'a\n',
  'b.md': 'b\n',
  'dir/one.txt': '1\n',
  'dir/two.md': '2\n',
  'dir/sub/three.txt': '3\n',
  empty: { dir: true },
} as const;

export const MODES = {
  plain: { text: 'x', mode: 0o644 },
  'script.sh': { text: '#!/bin/sh\n', mode: 0o755 },
  private: { text: 'p', mode: 0o600 },
  setuid: { text: 's', mode: 0o4755 },
  sticky: { dir: true, mode: 0o1777 },
  unreadable: { text: 'u', mode: 0 },
} as const;

export const PASSWD = { passwd: 'root:x:0:0::/:/bin/sh\nme:x:501:502::/:/bin/sh\n', group: 'root:x:0:\nus:x:77:me\n' };

export const configuration = (name: string, lines: readonly string[], more: Partial<ParityCase> = {}): ParityCase => ({
  name,
  dockerfile: fromScratch(...lines),
  compared: 'image',
  ...more,
});

/** Vitest's global set-up of every suite: what tests keep as the state of a person (records, journals, history) is kept apart from that of whoever runs them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export default function setup(): () => void {
  const before = process.env.XDG_STATE_HOME;
  const directory = mkdtempSync(join(tmpdir(), 'bxst-'));
  process.env.XDG_STATE_HOME = directory;
  return () => {
    if (before === undefined) delete process.env.XDG_STATE_HOME;
    else process.env.XDG_STATE_HOME = before;
    rmSync(directory, { recursive: true, force: true });
  };
}

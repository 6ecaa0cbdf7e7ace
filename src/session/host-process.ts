/** A program on this machine, beside those in containers: the same shape, over a local pseudo terminal. It outlives no session. */
import { constants } from 'node:os';
import type { ContainerProcess, ProcessExit, ProcessSpec } from '../engine/engine.js';
import { spawnLocalPty } from '../platform/local-pty.js';

/** Where a process of this machine is said to be; never the id of a container. */
export const HOST = 'host';

/** argv of the person's own shell. */
export function hostShell(): readonly string[] {
  return [process.env.SHELL || '/bin/sh'];
}

/** How long output may trail behind the end of the program. */
const TRAILING_DATA_MS = 50;

/** Throws `BxError`: 'unsupported' where no pseudo terminal can be had, 'not-found' when the program cannot be started. */
export async function startOnHost(spec: ProcessSpec): Promise<ContainerProcess> {
  const [command = '', ...args] = spec.args;
  const { cols, rows } = spec;
  const pty = await spawnLocalPty({ command, args, cols, rows, ...(spec.cwd === null ? {} : { cwd: spec.cwd }) });
  const exited = pty.exited.then(async ({ exitCode }): Promise<ProcessExit> => {
    await new Promise((resolve) => setTimeout(resolve, TRAILING_DATA_MS));
    return { code: exitCode, reason: null };
  });
  return {
    onData: (listener) => pty.onData(listener),
    write: (data, onTaken) => pty.write(data, onTaken),
    resize: (width, height) => pty.resize(width, height),
    pause: () => pty.pause(),
    resume: () => pty.resume(),
    exited,
    async signal(name) {
      if (`SIG${name}` in constants.signals) pty.kill(`SIG${name}` as NodeJS.Signals);
    },
    closeInput: () => pty.write(Uint8Array.of(4)),
  };
}

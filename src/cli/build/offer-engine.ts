/** A private engine, offered where a person builds and no engine is there: nobody has named one, and none listens. Nothing is installed. */
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { isatty } from 'node:tty';
import type { Endpoint } from '../../builders/index.js';
import { BxError } from '../../platform/errors.js';
import { EARLY_SERVER_VARIABLE } from '../sessions/server-process.js';
import type { BuildOptions } from './build-options.js';

const USUAL_SOCKET = '/var/run/docker.sock';
/** With one of these somebody has said which engine is meant. */
const NAMING = ['BUILDX_BUILDER', 'BUILDKIT_HOST', 'DOCKER_HOST', 'DOCKER_CONTEXT'];
const LISTENS_WITHIN_MS = 1_000;

/**
 * Asks on the terminal, and starts one when the answer is yes. Without a terminal, with an engine that listens, or with nothing installed it does
 * nothing: what is wrong with the engine, the build tells. Throws `BxError('cancelled')` for Ctrl-C, and what keeps it from starting.
 */
export async function offerEngine({ builder, endpoint: wish }: Pick<BuildOptions, 'builder' | 'endpoint'>): Promise<void> {
  if (!isatty(0) || !isatty(2)) return;
  if (wish.builder !== null || wish.context !== null || NAMING.some((name) => process.env[name])) return;
  // The usual case costs no more than this.
  if (existsSync(USUAL_SOCKET) && (await tryConnecting(USUAL_SOCKET)) === null) return;
  const [{ resolveEndpoints }, { DEFAULT_SOURCE }, { findInstallation, thisMachine }] = await Promise.all([
    import('../../builders/index.js'),
    import('../../builders/usual-places.js'),
    import('../../private-engine/installed.js'),
  ]);
  const endpoints = await resolveEndpoints(process.env, {}, wish).catch((): Endpoint[] => []);
  // A docker context, or what docker buildx use has chosen.
  if (endpoints[0]?.source !== DEFAULT_SOURCE) return;
  const paths = endpoints.map(({ address }) => address.slice('unix://'.length));
  const refusals = await Promise.all(paths.map(tryConnecting));
  if (refusals.includes(null)) return;
  const installation = findInstallation(builder === 'classic' ? 'dockerd' : null, thisMachine(process.env));
  if (installation === null) return;
  const { engine, program } = installation;
  // It has found no engine, and would tell so.
  delete process.env[EARLY_SERVER_VARIABLE];
  const closed = paths.filter((_, index) => refusals[index] === 'EACCES');
  const answer = await askOnTerminal(
    `${closed.map((path) => `This user may not talk to the engine at ${path}.\n`).join('')}` +
      `No engine answers. ${engine} is installed: ${program}\n` +
      `Run it as a private engine, until bxtui engine stop? [y/N] `,
  );
  if (answer === null) throw new BxError('cancelled', 'nothing was built, for want of an engine');
  if (!/^y(es)?$/i.test(answer)) return;
  const { startHere } = await import('../commands/engine.js');
  const { record } = await startHere(engine, null, false);
  process.stderr.write(`${engine} runs at ${record.address}\n`);
}

async function askOnTerminal(question: string): Promise<string | null> {
  const { ask, withReader } = await import('../ask.js');
  return withReader(process.stderr, (reader) => ask(reader, question, process.stderr));
}

/** Null: somebody listens there, if silently; else the system's word for why not. */
function tryConnecting(path: string): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const settle = (refusal: string | null): void => {
      socket.destroy();
      resolve(refusal);
    };
    socket.setTimeout(LISTENS_WITHIN_MS, () => settle(null));
    socket.once('connect', () => settle(null));
    socket.once('error', ({ code }: NodeJS.ErrnoException) => settle(code ?? 'unknown'));
  });
}

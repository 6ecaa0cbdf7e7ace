/**
 * The process of a session that the launcher (`bin/bxtui`) starts together with the program, so that both load at once. It knows the command
 * line and dials the engine; what it is to serve, the program says in a file, which needs no turn of anybody's event loop. A program that
 * wants no session says nothing, and its end is this one's.
 */
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import * as net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { isSameProcess } from '../../platform/process-birth.js';
import { startConnecting } from '../build/connecting.js';
import { EXIT_OK } from '../exit-status.js';
import { EARLY_SERVER_COMMAND, type EarlyWish, meetingPlace, nameServer } from './server-process.js';
import { engineWishOf, serveTo } from './session-server.js';

const LOOK_MS = 3;
/** Much longer than any program takes to make up its mind, except one that asks its user something first. */
const WANTED_WITHIN_MS = 5_000;

/** `args`: the program's process id, then its own arguments. Resolves with the exit status when the session has ended, or nobody wants one. */
export async function runEarlyServer(args: readonly string[]): Promise<number> {
  const [pid = '', , ...buildArgs] = args;
  nameServer(EARLY_SERVER_COMMAND, pid);
  const place = meetingPlace(Number(pid));
  process.on('SIGHUP', () => undefined);
  process.on('SIGINT', () => undefined);
  const engineWish = await engineWishOf(buildArgs).catch(() => null);
  // The program tells what is wrong with the command line.
  if (engineWish === null) return EXIT_OK;
  const connecting = await startConnecting(engineWish);
  // What it is for is loaded while the program makes up its mind.
  await import('./serve-build.js');
  const wish = await wishOf(Number(pid), place.wish);
  if (wish === null) {
    await connecting.abandon();
    return EXIT_OK;
  }
  sayOn(wish.log);
  const starter = net.connect(place.socket);
  starter.on('error', () => undefined);
  return await serveTo({ ...wish, buildArgs, starter, connecting });
}

async function wishOf(pid: number, path: string): Promise<EarlyWish | null> {
  const endMs = performance.now() + WANTED_WITHIN_MS;
  while (performance.now() < endMs) {
    const wish = readWish(path);
    if (wish !== null || !isSameProcess(pid, null)) return wish;
    await delay(LOOK_MS);
  }
  return null;
}

/** Whoever removes the file has it. */
function readWish(path: string): EarlyWish | null {
  try {
    const text = readFileSync(path, 'utf8');
    rmSync(path);
    return JSON.parse(text) as EarlyWish;
  } catch {
    return null;
  }
}

/** Standard error as a new file: a descriptor that is opened gets the lowest free number (open(2)). */
function sayOn(path: string): void {
  closeSync(2);
  openSync(path, 'a', 0o600);
}

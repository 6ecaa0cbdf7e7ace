/** The program's side of a server that was started together with it (`early-server.ts`). */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { isSameProcess } from '../../platform/process-birth.js';
import { prepareRoot, sessionRoot } from '../../session/records/root-dir.js';
import { EARLY_SERVER_VARIABLE, type EarlyWish, meetingPlace } from './server-process.js';

export interface EarlyServer {
  readonly pid: number;
  /** Null when it does not come, and never will. */
  readonly stream: Promise<Socket | null>;
}

const LOOK_MS = 100;
/** Such a machine is busy beyond measure; the server may still come as long as it has taken the wish. */
const COMES_WITHIN_MS = 3_000;

/** Null when none was started with this program. To be asked once; takes no turn of the event loop. */
export function claimEarlyServer(wish: EarlyWish): EarlyServer | null {
  const pid = Number(process.env[EARLY_SERVER_VARIABLE] ?? Number.NaN);
  delete process.env[EARLY_SERVER_VARIABLE];
  if (!Number.isInteger(pid) || pid <= 1) return null;
  const place = meetingPlace(process.pid);
  const server = createServer();
  try {
    prepareRoot(sessionRoot(null, process.env));
    rmSync(place.socket, { force: true });
    server.listen(place.socket);
    writeFileSync(`${place.wish}.part`, JSON.stringify(wish), { mode: 0o600 });
    renameSync(`${place.wish}.part`, place.wish);
  } catch {
    server.close();
    rmSync(`${place.wish}.part`, { force: true });
    return null;
  }
  return { pid, stream: comingOf(server, place.wish, pid) };
}

function comingOf(server: Server, wish: string, pid: number): Promise<Socket | null> {
  return new Promise((resolve) => {
    const startMs = performance.now();
    const settle = (socket: Socket | null): void => {
      clearInterval(timer);
      server.close();
      resolve(socket);
    };
    const look = (): void => {
      if (isSameProcess(pid, null) && (performance.now() - startMs < COMES_WITHIN_MS || !takeBack(wish))) return;
      takeBack(wish);
      settle(null);
    };
    const timer = setInterval(look, LOOK_MS);
    server.once('connection', settle);
    server.once('error', () => {
      takeBack(wish);
      settle(null);
    });
  });
}

/** False: the server has it already. */
function takeBack(wish: string): boolean {
  try {
    rmSync(wish);
    return true;
  } catch {
    return false;
  }
}

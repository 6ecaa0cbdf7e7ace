/** Whether a daemon answers at its socket. */
import { request } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import type { EngineProgram } from './record.js';

const ANSWERS_WITHIN_MS = 2_000;

/** Never throws. */
export async function answersAt(socketPath: string, engine: EngineProgram): Promise<boolean> {
  return engine === 'dockerd' ? (await dockerGet(socketPath, '/_ping')) !== null : speaksHttp2(socketPath);
}

/** The name of the daemon's storage driver; null where it cannot be had. */
export async function storageDriver(socketPath: string): Promise<string | null> {
  try {
    const info = JSON.parse((await dockerGet(socketPath, '/info')) ?? '') as { Driver?: unknown };
    return typeof info.Driver === 'string' ? info.Driver : null;
  } catch {
    return null;
  }
}

/** The answer's body; null when there is no good one. */
function dockerGet(socketPath: string, path: string): Promise<string | null> {
  return new Promise((resolve) => {
    const asked = request({ socketPath, path, timeout: ANSWERS_WITHIN_MS }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => resolve(response.statusCode === 200 ? body : null));
      response.on('error', () => resolve(null));
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(null));
    asked.end();
  });
}

/** gRPC is HTTP/2: a server begins with its settings (RFC 9113, 3.4). */
function speaksHttp2(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    const session = connectHttp2('http://localhost', { createConnection: () => socket });
    let timer: NodeJS.Timeout | undefined;
    const settle = (speaks: boolean): void => {
      clearTimeout(timer);
      session.close();
      socket.destroy();
      resolve(speaks);
    };
    timer = setTimeout(() => settle(false), ANSWERS_WITHIN_MS);
    session.on('remoteSettings', () => settle(true));
    session.on('error', () => settle(false));
    socket.on('close', () => settle(false));
  });
}

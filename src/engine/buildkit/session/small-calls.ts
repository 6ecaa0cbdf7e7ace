/** The small calls of a session as Connect serves them. Loaded with the first of them. */
import * as http2 from 'node:http2';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { registerServices, type SessionServices } from './services.js';

export function createSmallCalls(
  services: SessionServices,
): (call: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders, rawHeaders: string[]) => void {
  const handle = connectNodeAdapter({
    routes: (router) => registerServices(router, services),
    acceptCompression: [],
    connect: false,
    grpcWeb: false,
  });
  return (call, headers, rawHeaders) => {
    if (call.destroyed) return;
    handle(new http2.Http2ServerRequest(call, headers, {}, rawHeaders), new http2.Http2ServerResponse(call));
  };
}

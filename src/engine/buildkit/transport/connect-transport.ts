/** Connect's gRPC transport on top of one `Http2Connection`: no reconnect behind the back, repeated headers kept apart, no compression. */
import type * as http2 from 'node:http2';
import { Code, ConnectError, type Transport } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import type { Http2Connection } from './http2-client.js';

const AUTHORITY = 'http://localhost';
const READ_LIMIT_BYTES = 64 << 20;

/** gRPC metadata that BuildKit reads as a list; the fetch `Headers` class joins such values with a comma. */
const LIST_HEADERS = ['x-docker-expose-session-grpc-method'];

/** A transport for `createClient(Service, transport)`; it lives as long as the connection. */
export function createEngineTransport(connection: Http2Connection): Transport {
  return createGrpcTransport({
    baseUrl: AUTHORITY,
    acceptCompression: [],
    readMaxBytes: READ_LIMIT_BYTES,
    sessionManager: {
      authority: AUTHORITY,
      async request(method, path, headers, options) {
        if (connection.isClosed) throw new ConnectError('the connection to the engine is closed', Code.Unavailable);
        return connection.session.request({ ...splitLists(headers), ':method': method, ':path': path }, options);
      },
      notifyResponseByteRead() {},
    },
  });
}

function splitLists(headers: http2.OutgoingHttpHeaders): http2.OutgoingHttpHeaders {
  const result = { ...headers };
  for (const name of LIST_HEADERS) {
    const value = result[name];
    if (typeof value === 'string') result[name] = value.split(/,\s*/);
  }
  return result;
}

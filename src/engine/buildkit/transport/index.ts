export { describeEndpoint, noBuildKit } from '../../shared/connect-error.js';
export { dialGrpc, dialSession, openSpareSocket, type SpareSocket } from './dial.js';
export { engineApi } from './engine-api.js';
export { createEngineTransport } from './grpc-transport.js';
export { connectHttp2, type Http2Connection } from './http2-client.js';

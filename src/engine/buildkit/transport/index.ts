export { describeEndpoint, noBuildKit } from './connect-error.js';
export { createEngineTransport } from './connect-transport.js';
export { dialGrpc, dialSession } from './dial.js';
export { engineApi } from './engine-api.js';
export { connectHttp2, type Http2Connection } from './http2-client.js';

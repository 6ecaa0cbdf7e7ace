export type { Endpoint, EndpointAttempt, TlsMaterial } from './endpoint.js';
export { describeAttempts, firstReachable, noEngine } from './reach.js';
export { type ResolveOptions, resolveDockerEngines, resolveEndpoints } from './resolve.js';

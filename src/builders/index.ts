export type { Endpoint, EndpointAttempt, TlsMaterial } from './endpoint.js';
export type { ListedEndpoint } from './list.js';
export { describeAttempts, firstReachable, noEngine } from './reach.js';
export { type EndpointWish, NO_WISH, resolveDockerEngines, resolveEndpoints } from './resolve.js';
export type { PlaceOptions } from './usual-places.js';

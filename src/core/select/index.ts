export * from './docker-line.js';
export * from './status.js';

export * from './docker-line.js';
export * from './platforms.js';
export * from './status.js';

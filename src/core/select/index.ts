export * from './docker-line.js';
export * from './holders.js';
export * from './platforms.js';
export * from './process-user.js';
export * from './status.js';
export * from './written-command.js';

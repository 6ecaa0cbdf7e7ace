export { hasExclusiveCache, openContainer } from './open-container.js';

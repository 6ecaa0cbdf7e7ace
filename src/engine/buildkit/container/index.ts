export { openContainer } from './open-container.js';

/** The BuildKit engine's public face. */
export { connectBuildKit } from './engine.js';

/** The classic builder's public face. */
export { connectClassic } from './engine.js';

export { EXPORT_KEY } from './place.js';
export { initialState, reduce } from './session.js';
export { vertexState } from './step-state.js';

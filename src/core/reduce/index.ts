export { EXPORT_KEY } from './place.js';
export { batches, initialState, reduce, reduceBatch } from './session.js';
export { stepsAt, stepsOfVertex, vertexState } from './step-state.js';

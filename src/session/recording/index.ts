export { createRecordDirectory, pruneRecords, recordsRoot } from './record-store.js';
export type { Recorder } from './recorder.js';
export { startRecording } from './recorder.js';

/** Front ends without a terminal. */
export { createLineSplitter } from './line-splitter.js';
export { printBuild, startPlainProgress } from './plain-progress.js';
export { startQuiet } from './quiet.js';
export { startRawJson } from './raw-json.js';
export { createTextSink, type TextSink } from './text-sink.js';

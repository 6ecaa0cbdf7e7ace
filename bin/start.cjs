// Starts the bundle in dist, which `npm run build` makes. A CommonJS module: Node has less to load for it.
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const entry = join(__dirname, '../dist/cli/main.cjs');
if (existsSync(entry)) {
  require('./loader.cjs').load(entry).start();
} else {
  process.stderr.write(`ERROR: bxtui is not built yet\nRun npm run build in ${join(__dirname, '..')}\n`);
  process.exitCode = 1;
}

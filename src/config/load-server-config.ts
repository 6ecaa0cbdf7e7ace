/** Reads the file of `--server-config`. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { BxError } from '../platform/errors.js';
import { reasonOf } from '../platform/reason.js';
import { parseServerConfig, type ServerConfig } from './server-config.js';

/** Paths in it count from its own directory, so that it means the same wherever it is named. Throws `BxError('input')`. */
export function loadServerConfig(path: string): ServerConfig {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new BxError('input', `cannot read the server's configuration ${path}: ${reasonOf(error)}`, {
      hint: 'Name an existing file with --server-config FILE.',
      cause: error,
    });
  }
  const config = parseServerConfig(text, path);
  const absolute = (named: string | null): string | null => (named === null ? null : resolve(dirname(path), named));
  return { ...config, root: absolute(config.root), logFile: absolute(config.logFile) };
}

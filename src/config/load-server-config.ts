/** Reads the file of `--server-config`. */
import { readFileSync } from 'node:fs';
import { BxError } from '../platform/errors.js';
import { parseServerConfig, type ServerConfig } from './server-config.js';

/** Throws `BxError('input')`. */
export function loadServerConfig(path: string): ServerConfig {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new BxError('input', `cannot read the server's configuration ${path}: ${(error as Error).message}`, {
      hint: 'Name an existing file with --server-config FILE.',
      cause: error,
    });
  }
  return parseServerConfig(text, path);
}

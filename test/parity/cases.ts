/** The builds of the parity suite, by theme. */
import type { ParityCase } from './case.js';
import {
  args,
  classicFlags,
  contexts,
  heredocs,
  layouts,
  mounts,
  secrets,
  settings,
  stages,
  triggers,
  users,
  workdirs,
} from './cases/commands.js';
import { add, copy, ignoreFiles } from './cases/files.js';
import { caches, environment, exports, images, labels, lint, sources } from './cases/results.js';
import { ssh } from './cases/ssh.js';

export const PARITY_CASES: Readonly<Record<string, readonly ParityCase[]>> = {
  ...{
    copy,
    add,
    'ignore files': ignoreFiles,
    mounts,
    secrets,
    ssh,
    heredocs,
    arguments: args,
    stages,
    'named contexts': [...contexts, ...layouts],
  },
  ...{ images, labels, users, 'working directories': workdirs, ONBUILD: triggers, exports, 'checks and calls': lint },
  ...{
    'errors and sources': sources,
    cache: caches,
    environment,
    'settings of RUN': settings,
    'flags of the classic builder': classicFlags,
  },
};

/** Programs that some tests run and a bare machine lacks. Where they cannot be installed, those tests are skipped, each with its reason. */
import { installDebianPackages } from './apt.mjs';
import { which } from './command.mjs';
import { SetupError, say } from './say.mjs';

/** Debian's packages of them, by the parts of the tests that run them. */
const PACKAGES = {
  unit: { groff: 'groff-base', openssl: 'openssl', 'ssh-keygen': 'openssh-client' },
  'engine-contract': { openssl: 'openssl', 'ssh-add': 'openssh-client' },
  e2e: {
    ...{ bzip2: 'bzip2', fish: 'fish', git: 'git', ip: 'iproute2' },
    ...{ openssl: 'openssl', ssh: 'openssh-client', xz: 'xz-utils', zsh: 'zsh' },
  },
};

/** @param {readonly string[]} parts of the tests that are about to run */
export function ensurePrograms(parts) {
  const lacking = Object.entries(PACKAGES)
    .flatMap(([part, packages]) => (parts.includes(part) ? Object.entries(packages) : []))
    .filter(([program]) => which(program) === null);
  if (lacking.length === 0) return;
  const programs = [...new Set(lacking.map(([program]) => program))].join(', ');
  try {
    installDebianPackages([...new Set(lacking.map(([, name]) => name))], `programs of the tests are not installed (${programs})`);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(`what needs ${programs} is skipped: ${error.message}`);
  }
}

/**
 * Who a program in a container is started as. The engine takes an unknown user or a missing directory for a failed process and stops the whole
 * container; so they are looked up first, as the engine would (BuildKit, executor/oci/user.go).
 */
import { BxError } from '../../../platform/errors.js';
import { shellQuote } from '../../shared/shell-quote.js';
import { isNumericId, noGroup, noUser, rootInstead, type StepUser } from '../../shared/step-user.js';
import type { CommandOutcome, Keeper } from './keeper.js';

const NO_USER = 11;
const NO_GROUP = 12;
const NO_DIRECTORY = 13;
const ROOT_WITHOUT_ENTRY = 14;
const NUMBER_WITHOUT_FILES = 15;
const NAME_WITHOUT_GROUPS = 16;

const HINT = 'Name another one, or use root.';

/** Gives the user to start as: root needs no entry. Throws `BxError('engine')` for one that there is not, and for a missing directory. */
export async function startableUser(keeper: Keeper, user: string, cwd: string): Promise<string> {
  const outcome = await lookUp(keeper, user, cwd);
  const missing = whatIsMissing(outcome, user);
  if (missing !== null) throw new BxError('engine', missing, { hint: HINT });
  if (outcome.status === NO_DIRECTORY)
    throw new BxError('engine', `no directory ${cwd} in this container`, { hint: 'Name another working directory, such as /.' });
  return asTheEngineFinds(outcome, user);
}

/** Root where the engine could not start anything as the step's own user. */
export async function userOfStep(keeper: Keeper, user: string): Promise<StepUser> {
  const missing = user === '' ? null : whatIsMissing(await lookUp(keeper, user, '/'), user);
  return missing === null ? { user, note: null } : rootInstead('', missing);
}

function lookUp(keeper: Keeper, user: string, cwd: string): Promise<CommandOutcome> {
  const [name = '', group = ''] = user.split(':');
  const checks: string[] = [];
  if (!isNumericId(name)) checks.push(`bx_member ${shellQuote(name)} /etc/passwd || exit ${NO_USER}`);
  if (!isNumericId(group)) checks.push(`bx_member ${shellQuote(group)} /etc/group || exit ${NO_GROUP}`);
  checks.push(`[ -d ${shellQuote(cwd)} ] || exit ${NO_DIRECTORY}`);
  if (user === 'root') checks.push(`bx_member root /etc/passwd && [ -e /etc/group ] || exit ${ROOT_WITHOUT_ENTRY}`);
  else if (/^\d+$/.test(user)) checks.push(`[ -e /etc/passwd ] && [ -e /etc/group ] || exit ${NUMBER_WITHOUT_FILES}`);
  else if (!isNumericId(name)) {
    const numbers = `bx_member ${shellQuote(name)} /etc/passwd; set -f; IFS=:; set -- $bx_ignored; printf '%s\\n' "$2:$3"`;
    checks.push(`[ -e /etc/group ] || { ${numbers}; exit ${NAME_WITHOUT_GROUPS}; }`);
  }
  return keeper.run(checks.join('; '));
}

function whatIsMissing({ status }: CommandOutcome, user: string): string | null {
  const [name = '', group = ''] = user.split(':');
  if (status === NO_USER) return noUser(name);
  return status === NO_GROUP ? noGroup(group) : null;
}

/** Without one of the files the engine takes a user that is there for one that is not, unless it is told both numbers. */
function asTheEngineFinds({ status, output }: CommandOutcome, user: string): string {
  const [, group] = user.split(':');
  if (status === ROOT_WITHOUT_ENTRY) return '';
  if (status === NUMBER_WITHOUT_FILES) return `${user}:0`;
  if (status !== NAME_WITHOUT_GROUPS) return user;
  const [uid, gid] = output.trim().split(':');
  return `${uid}:${group ?? gid}`;
}

/** Who runs this: also where no account of that number is on the machine, as in a container that was started with a number of a user. */
import { homedir, userInfo } from 'node:os';

/** As the owner of files has it; Node asks the accounts for it, which may know nobody of that number. */
export function ownUid(): number {
  return process.geteuid?.() ?? userInfo().uid;
}

/** Where nobody says what it is, the root directory, as the C library and container engines have it. */
export function homeDirectory(env: Readonly<Record<string, string | undefined>> = process.env): string {
  if (env.HOME) return env.HOME;
  try {
    return homedir();
  } catch {
    return '/';
  }
}

/** The user of a step where the image lacks it: the step fails for that, and who looks into it is root. Pure. */

export interface StepUser {
  readonly user: string;
  /** Why it is another one than the step's; null: it is not. */
  readonly note: string | null;
}

export function rootInstead(root: string, missing: string): StepUser {
  return { user: root, note: `There is ${missing}, so programs are started as root.` };
}

export function noUser(name: string): string {
  return `no user ${name} in this container's /etc/passwd`;
}

export function noGroup(name: string): string {
  return `no group ${name} in this container's /etc/group`;
}

/** Needs no entry in a file. Also true for none at all, which means root. */
export function isNumericId(name: string): boolean {
  return name === '' || name === 'root' || (/^\d+$/.test(name) && Number(name) <= 0x7fffffff);
}

/** For an engine's words about a name that the image's own files do not have (BuildKit, executor/oci/user.go; moby/sys, user). Null: they are of something else. */
export function hintForUser(message: string): string | null {
  const [, kind, name] = /unable to find (user|group|groups for spec) ([^\s:]+)/.exec(message) ?? [];
  if (kind === undefined) return null;
  const instead = 'or write numbers, as in USER 1000:1000.';
  if (kind === 'groups for spec') return `The image has no /etc/group: add one in a step before, ${instead}`;
  return `The image's ${kind === 'user' ? '/etc/passwd' : '/etc/group'} has no ${name}: add it in a step before, ${instead}`;
}

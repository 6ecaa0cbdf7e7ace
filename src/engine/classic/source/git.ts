/**
 * A git repository as a context, by the git program of this machine, as `docker build` has it without BuildKit (docker/cli,
 * cli/command/image/build/internal/git).
 */
import { statSync } from 'node:fs';
import { BxError } from '../../../platform/errors.js';
import { resolveInScope } from './in-scope.js';

const SUFFIX = /\.git(?:#.+)?$/;
/** What is taken where the URL names nothing. */
const USUAL_REF = 'master';

export interface Repository {
  readonly remote: string;
  readonly ref: string;
  /** Below the repository; empty: all of it. */
  readonly directory: string;
}

/** Null: an http(s) address of something else. */
export function repositoryOf(url: string): Repository | null {
  const isHttp = /^https?:\/\//i.test(url);
  if (isHttp && !SUFFIX.test(url)) return null;
  const hash = url.indexOf('#');
  const address = hash < 0 ? url : url.slice(0, hash);
  const fragment = hash < 0 ? '' : url.slice(hash + 1);
  const colon = fragment.indexOf(':');
  const ref = colon < 0 ? fragment : fragment.slice(0, colon);
  return {
    remote: address.startsWith('github.com/') ? `https://${address}` : address,
    ref: ref || USUAL_REF,
    directory: colon < 0 ? '' : fragment.slice(colon + 1),
  };
}

/** Into an empty directory; resolves with what of it is the context. Throws `BxError('input' | 'unsupported' | 'cancelled')`. */
export async function checkOut({ remote, ref, directory }: Repository, root: string, signal: AbortSignal): Promise<string> {
  const git = (...args: string[]): Promise<void> => runGit(args, root, signal);
  if (ref.startsWith('-')) throw new BxError('input', `"${ref}" cannot be the name of a branch or a tag`);
  await git('init', '--quiet');
  await git('remote', 'add', 'origin', remote);
  const fetch = (...depth: string[]): Promise<void> => git('fetch', ...depth, 'origin', '--', ref);
  // A plain web server has whole histories only.
  await fetch('--depth', '1').catch((error: BxError) => {
    if (!/shallow/.test(error.message)) throw error;
    return fetch();
  });
  await git('checkout', '--quiet', ref).catch(() => git('checkout', '--quiet', 'FETCH_HEAD'));
  await git('submodule', '--quiet', 'update', '--init', '--recursive', '--depth=1');
  if (directory === '') return root;
  const context = resolveInScope(root, directory);
  if (statSync(context, { throwIfNoEntry: false })?.isDirectory()) return context;
  throw new BxError('input', `${remote} has no directory ${directory} at ${ref}`, {
    hint: 'A directory of a repository: URL#REF:DIR',
  });
}

async function runGit(args: readonly string[], cwd: string, cancelSignal: AbortSignal): Promise<void> {
  const { execa } = await import('execa');
  // A repository must not reach into this machine by its submodules, and nobody is here to be asked for a password.
  const env = { GIT_PROTOCOL_FROM_USER: '0', GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' };
  const run = await execa('git', ['-c', 'protocol.file.allow=never', ...args], {
    ...{ cwd, env, cancelSignal, reject: false, stdin: 'ignore' },
    maxBuffer: 64 * 1024,
  } as const);
  if (run.exitCode === 0) return;
  if (run.isCanceled) throw new BxError('cancelled', 'getting the repository was cancelled');
  if (run.code === 'ENOENT') {
    throw new BxError('unsupported', 'the classic builder is given repositories by git, which is not installed here', {
      hint: 'Install git, or build with BuildKit: its engine gets them by itself.',
    });
  }
  const said = run.stderr.trim() || run.shortMessage || 'it has failed';
  throw new BxError('input', `git ${args.find((arg) => !arg.startsWith('-'))}: ${said}`, { hint: hintFor(said) });
}

function hintFor(said: string): string {
  if (/couldn't find remote ref/.test(said)) return 'Name a branch or a tag that the repository has behind the URL: URL#main';
  if (/could not read Username|Authentication failed|Permission denied/.test(said)) {
    return 'Give git the credentials on this machine: a credential helper, or an ssh agent.';
  }
  return 'Check the URL, and try git fetch with it.';
}

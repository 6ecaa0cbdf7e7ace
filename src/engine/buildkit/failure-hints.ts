/** What to do about a failed build, where the engine's words tell enough; and its words made plainer where they are known. */
import { heredocAt, parseDockerfile } from '../../core/dockerfile/index.js';
import { nearestNames } from '../../platform/nearest-name.js';
import { type CredentialsLookUp, hintForRefusal } from '../shared/registry-refusal.js';
import { hintForUser } from '../shared/step-user.js';
import type { SolveFailure } from './run-context.js';

export interface FailureContext {
  readonly dockerfileText: string;
  readonly stageNames: readonly string[];
  /** Where a COPY or ADD looked: `the build context`, `stage build`. Null when not known. */
  readonly searchedIn: string | null;
  /** What this machine can say of a path that is not in the build context. */
  hintForMissing(path: string): string | null;
  /** The file of the build's source policy; null: it has none. */
  readonly sourcePolicy: string | null;
  /** What the engine was told when it asked who it is for a registry. */
  readonly credentials: readonly CredentialsLookUp[];
}

export interface ExplainedFailure {
  readonly message: string;
  readonly hint: string | null;
  readonly line: number | null;
}

/** The failure as it is shown. */
export function explainFailure(failure: SolveFailure, context: FailureContext): ExplainedFailure {
  const { message, line } = failure;
  for (const explain of EXPLANATIONS) {
    const explained = explain(message, context, failure);
    if (explained) return { message, line, hint: null, ...explained };
  }
  return { message, line, hint: null };
}

type Explanation = (message: string, context: FailureContext, failure: SolveFailure) => Partial<ExplainedFailure> | null;

const EXPLANATIONS: readonly Explanation[] = [
  missingTarget,
  syntaxImage,
  parseError,
  repository,
  deniedSource,
  unknownLayout,
  missingSecret,
  missingFile,
  cacheService,
  unreachableImage,
  unreachableUrl,
  refusedEntitlement,
  fullDisk,
  unknownUser,
];

function missingTarget(message: string, context: FailureContext): Partial<ExplainedFailure> | null {
  const wanted = /target stage "?([^"\s]+)"? could not be found/.exec(message)?.[1];
  if (wanted === undefined) return null;
  const names = nearestNames(wanted, context.stageNames);
  const known =
    context.stageNames.length === 0
      ? 'No stage of this Dockerfile has a name; give one with FROM … AS name.'
      : `Stages that can be built: ${names.join(', ')}.`;
  return { message: `the Dockerfile has no stage named "${wanted}"`, hint: known, line: null };
}

/** `# syntax=` names a frontend image that the engine itself pulls, before anything else happens. */
function syntaxImage(message: string, context: FailureContext): Partial<ExplainedFailure> | null {
  const image = /^(?:\s*#[^\n]*\n)*?\s*#\s*syntax\s*=\s*(\S+)/i.exec(context.dockerfileText)?.[1];
  if (image === undefined || !isPullFailure(message) || !mentionsImage(message, image)) return null;
  const line = context.dockerfileText.slice(0, context.dockerfileText.search(/#\s*syntax\s*=/i)).split('\n').length;
  return {
    message: `the engine cannot pull the Dockerfile frontend ${image} named by "# syntax=": ${message}`,
    hint: "Remove the syntax line to use the engine's own frontend, or give the engine access to that registry.",
    line,
  };
}

function parseError(message: string, context: FailureContext, failure: SolveFailure): Partial<ExplainedFailure> | null {
  if (/the Dockerfile cannot be empty|file with no instructions/i.test(message)) {
    return { hint: 'Write at least a FROM instruction.' };
  }
  if (/contains no stages to build/i.test(message))
    return { hint: 'Write a FROM instruction; FROM scratch starts from nothing.' };
  const key = /unexpected key '([^']+)' in '/.exec(message)?.[1];
  if (key !== undefined) return { hint: `This engine's Dockerfile frontend does not know ${key} there. ${NEWER_FRONTEND}` };
  if (!/dockerfile parse error/i.test(message)) return null;
  const line = failure.line;
  const old = tooOldFrontend(message, line, context.dockerfileText);
  if (old !== null) return { hint: old };
  const text = line === null ? undefined : context.dockerfileText.split('\n')[line - 1]?.trim();
  return {
    hint: text === undefined ? 'Correct the Dockerfile and build again.' : `Correct line ${line} and build again: ${text}`,
  };
}

const NEWER_FRONTEND = 'Correct it, or use a newer engine, or write "# syntax=docker/dockerfile:1" as the first line.';

/** What newer Dockerfiles have and the frontend inside an old engine does not know; null when the text gives no such reason. */
function tooOldFrontend(message: string, line: number | null, dockerfileText: string): string | null {
  const flag = /unknown flag: (link|parents|exclude|keep-git-dir|checksum|chmod)\b/i.exec(message)?.[1];
  // A frontend that suggests another instruction is newer than heredocs, and a line outside of one is a mistake of its own.
  const isUnknown = /unknown instruction: (?!.*did you mean)/i.test(message) && line !== null;
  const isHeredoc = isUnknown && heredocAt(parseDockerfile(dockerfileText), line) !== null;
  if (flag === undefined && !isHeredoc) return null;
  const what = flag === undefined ? 'here-documents (<<EOF)' : `--${flag}`;
  return `This engine's Dockerfile frontend may be too old for ${what}. ${NEWER_FRONTEND}`;
}

/** A git repository that is the context, or a part of one. */
function repository(message: string): Partial<ExplainedFailure> | null {
  if (/subdir not supported yet/.test(message)) {
    return {
      hint: 'This engine takes no directory of a repository (URL#REF:DIR). Name the Dockerfile in it with -f DIR/Dockerfile.',
    };
  }
  if (/repository does not contain ref/.test(message)) {
    return {
      hint: 'Name a branch or a tag that the repository has behind the URL: URL#main. Engines differ in which they take by themselves.',
    };
  }
  // 0.8 (Docker Engine 20.10) takes such a URL for one of https, and without a query for no repository at all.
  if (/failed to fetch remote https:\/\/ssh:\/\/|no access allowed to dir "dockerfile"/.test(message)) {
    return { hint: 'This engine does not know ssh:// URLs of repositories. Write it as git@HOST:PATH#REF.' };
  }
  if (/unsupported frontend capability \S*gitquerystring/.test(message)) {
    return {
      hint: 'This engine reads no ?branch= in a URL. Write the branch and the directory as URL#REF:DIR, or set BUILDX_SEND_GIT_QUERY_AS_INPUT=1.',
    };
  }
  return null;
}

/** By the source policy of the build. */
function deniedSource(message: string, { sourcePolicy, dockerfileText }: FailureContext): Partial<ExplainedFailure> | null {
  const source = /source "([^"]+)" denied by policy/.exec(message)?.[1];
  if (source === undefined || sourcePolicy === null) return null;
  const at = dockerfileText.split('\n').findIndex((line) => line.includes(source));
  const line = at >= 0 ? at + 1 : source.startsWith('docker-image://') ? lineOfImage(source, dockerfileText) : null;
  return { line, hint: `Change the rules in ${sourcePolicy}, or take it from a source that they allow.` };
}

function missingFile(message: string, context: FailureContext, failure: SolveFailure): Partial<ExplainedFailure> | null {
  if (failure.kind === 'exec') return null;
  const told =
    /"([^"]+)"(?: not found)?: not found\s*$/.exec(message)?.[1] ??
    (failure.op?.op.case === 'file' ? /lstat (\S+): no such file or directory$/.exec(message)?.[1] : undefined);
  if (told !== undefined) {
    // An old engine names the directory of a file that it was not sent.
    const path = copiedFrom(failure.op).find((source) => source.startsWith(`${told}/`)) ?? told;
    const place = context.searchedIn ?? 'the build context';
    const hint =
      place === 'the build context'
        ? (context.hintForMissing(path) ?? 'Check the path and its case, and whether .dockerignore leaves it out.')
        : place.startsWith('stage ')
          ? `Check the path: open a shell in ${place} and look for it.`
          : 'Check the path and its case there.';
    return { message: `"${path}" is not in ${place}`, hint };
  }
  if (/cannot copy to non-directory/.test(message)) {
    return { hint: 'The target exists and is a file; end the target with a name that is free, or remove it in a step before.' };
  }
  return null;
}

/** `--build-context NAME=oci-layout://…` */
function unknownLayout(message: string): Partial<ExplainedFailure> | null {
  if (!/unknown scheme oci-layout/.test(message)) return null;
  return {
    hint: 'This engine keeps its images where it can take none from an OCI layout. Let it store images in containerd (daemon.json: "features": {"containerd-snapshotter": true}), or build with a buildkitd.',
  };
}

function copiedFrom(op: SolveFailure['op']): string[] {
  if (op?.op.case !== 'file') return [];
  return op.op.value.actions.flatMap(({ action }) => (action.case === 'copy' ? action.value.src : []));
}

/** Where `--cache-to` leads: it is the engine that goes there, with its own environment and its own network. */
function cacheService(message: string): Partial<ExplainedFailure> | null {
  const service = /\b(S3|azblob|gha)(?: cache (?:ex|im)porter)?:/i.exec(message)?.[1]?.toLowerCase();
  if (service === undefined) return null;
  if (/region .* not set/.test(message)) {
    return { hint: "The engine reads AWS_REGION of its own environment, not of yours: add region=… to the cache's options." };
  }
  if (/NoSuchBucket/.test(message)) return { hint: 'Create the bucket, or correct bucket=… in --cache-to.' };
  if (/dial tcp|no such host|i\/o timeout|network is unreachable|connection refused|context deadline/i.test(message)) {
    return {
      hint: `The engine itself goes to the cache, and cannot reach it: check ${CACHE_PLACES[service]} and the engine's network. ${WITHOUT_CACHE}`,
    };
  }
  if (/40[13]\b|Forbidden|AccessDenied|Authorization|credential|Signature|token/i.test(message)) {
    return { hint: `Check who the engine is there: ${CACHE_CREDENTIALS[service]}. ${WITHOUT_CACHE}` };
  }
  return null;
}

const WITHOUT_CACHE = 'With ignore-error=true in --cache-to the build goes on without it.';
const CACHE_PLACES: Readonly<Record<string, string>> = { s3: 'endpoint_url', azblob: 'account_url', gha: 'url or url_v2' };
const CACHE_CREDENTIALS: Readonly<Record<string, string>> = {
  s3: 'access_key_id, secret_access_key and session_token of the options, else AWS_ACCESS_KEY_ID and the like of this environment',
  azblob: 'account_name and secret_access_key',
  gha: 'token, else ACTIONS_RUNTIME_TOKEN',
};

function unreachableImage(message: string, context: FailureContext, failure: SolveFailure): Partial<ExplainedFailure> | null {
  if (!isPullFailure(message)) return null;
  const line = failure.line ?? lineOfImage(message, context.dockerfileText);
  const refusal = hintForRefusal(
    message,
    imageIn(context.dockerfileText.split('\n')[(line ?? 0) - 1] ?? ''),
    context.credentials,
  );
  if (refusal !== null) return { line, hint: refusal };
  if (/401|403|unauthorized|authorization failed|access denied|insufficient_scope|denied:/i.test(message)) {
    return { line, hint: 'Check the name of the image; when it is private, log in to its registry with docker login.' };
  }
  if (
    /dial tcp|no such host|lookup .* on|i\/o timeout|network is unreachable|server misbehaving|connection refused/i.test(message)
  ) {
    return { line, hint: 'The engine cannot reach the registry: check its network, or load the image into the engine first.' };
  }
  return { line, hint: 'Check the name and the tag of the image.' };
}

function missingSecret(message: string): Partial<ExplainedFailure> | null {
  const id = /secret ([^\s:]+)(?: not found)?: not found/.exec(message)?.[1];
  if (id !== undefined) return { hint: `Pass it with --secret id=${id},src=FILE or --secret id=${id},env=NAME.` };
  const ssh = /unset ssh forward key (\S+)|no SSH key "([^"]*)" forwarded/.exec(message);
  if (ssh === null) return null;
  const agent = ssh[1] || ssh[2] || 'default';
  return {
    message: `the step needs the ssh agent "${agent}", and none was passed to the build`,
    hint: `Pass an agent with --ssh ${agent}${agent === 'default' ? ' (SSH_AUTH_SOCK must be set)' : '=/path/to/agent.sock'}.`,
  };
}

/** `ADD https://…`: it is the engine that downloads, not the client. */
function unreachableUrl(message: string, _: FailureContext, failure: SolveFailure): Partial<ExplainedFailure> | null {
  const url = /\b(?:Get|Head) "?(https?:\/\/[^\s"]+)/i.exec(message)?.[1];
  const status = /invalid response status (\d+)/.exec(message)?.[1];
  if ((url === undefined && status === undefined) || failure.kind === 'exec') return null;
  if (status !== undefined) return { hint: `The server answered ${status}: check the URL.` };
  return { hint: 'The engine downloads it itself and cannot reach the server: check the URL and the network of the engine.' };
}

function refusedEntitlement(message: string): Partial<ExplainedFailure> | null {
  if (!/(security\.insecure|network\.host)/.test(message) || !/not allowed/.test(message)) return null;
  return { hint: 'The engine has to be configured to allow it (insecure-entitlements of BuildKit).' };
}

function fullDisk(message: string): Partial<ExplainedFailure> | null {
  if (!/no space left on device/i.test(message)) return null;
  return { hint: "The engine's disk is full: docker builder prune frees build cache." };
}

function unknownUser(message: string): Partial<ExplainedFailure> | null {
  const hint = hintForUser(message);
  return hint === null ? null : { hint };
}

function isPullFailure(message: string): boolean {
  return /failed to resolve source metadata|failed to do request|pull access denied|pulling from host|failed to authorize|failed to copy: httpReadSeeker|failed to fetch (?:anonymous|oauth) token|manifest unknown|^\S+[:@]\S+: not found$/i.test(
    message,
  );
}

/** The FROM or --from whose image the message is about. */
function lineOfImage(message: string, dockerfileText: string): number | null {
  const index = dockerfileText.split('\n').findIndex((line) => {
    const name = imageIn(line);
    return name !== null && !name.includes('$') && name !== 'scratch' && mentionsImage(message, name);
  });
  return index < 0 ? null : index + 1;
}

/** Named by a line of a Dockerfile. */
function imageIn(line: string): string | null {
  const image = /^\s*FROM\s+(?:--\S+\s+)*(\S+)|--from=(\S+)/i.exec(line);
  return image?.[1] ?? image?.[2] ?? null;
}

function mentionsImage(message: string, image: string): boolean {
  return message.includes(image.replace(/^docker\.io\//, '').replace(/[:@].*$/, ''));
}

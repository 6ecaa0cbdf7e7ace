/**
 * An engine behind ssh: the system's own ssh, with the person's config, agent and known hosts. On the other side `docker system dial-stdio` (docker/cli,
 * cli/connhelper) or `buildctl dial-stdio` (buildkit, client/connhelper/ssh); where that program is missing, ssh itself connects to the engine's
 * socket. It never asks a question: nobody could answer it on the screen.
 */
import type { Duplex } from 'node:stream';
import type { Endpoint } from '../../../builders/endpoint.js';
import { BxError } from '../../../platform/errors.js';
import { describeEndpoint } from '../connect-error.js';
import { lastLine, openProgramChannel } from './program-channel.js';
import { openForwarded } from './ssh-forward.js';
import type { ChannelProgram, ProgramEnd } from './start-program.js';

/** Until ssh has agreed on keys with the other side. */
const CONNECT_TIMEOUT_S = 4;
/** ssh's own failures; any other status is of the command on the other side. */
const SSH_FAILED = 255;
const COMMAND_NOT_FOUND = 127;
const USUAL_SOCKET: Readonly<Record<Endpoint['kind'], string>> = {
  docker: '/var/run/docker.sock',
  buildkitd: '/run/buildkit/buildkitd.sock',
};

/** Addresses where the engine's command is missing: the next connection does not try it again. */
const withoutCommand = new Set<string>();

/** Throws `BxError('endpoint' | 'cancelled')`. */
export async function openSsh(endpoint: Endpoint, signal: AbortSignal): Promise<Duplex> {
  const explain = (end: ProgramEnd): BxError => explainSsh(endpoint, end);
  const forward = (): Promise<Duplex> => openForwarded((path) => forwardProgram(endpoint, path), explain);
  if (withoutCommand.has(endpoint.address)) return forward();
  return openProgramChannel(
    endpoint,
    {
      program: dialProgram(endpoint),
      explain,
      otherWay({ exitCode, said }) {
        if (exitCode !== COMMAND_NOT_FOUND && !/command not found|not recognized as/i.test(said)) return null;
        withoutCommand.add(endpoint.address);
        return forward();
      },
    },
    signal,
  );
}

type SshEndpoint = Pick<Endpoint, 'address' | 'kind'>;

/** The engine's own command on the other side. */
export function dialProgram(endpoint: SshEndpoint): ChannelProgram {
  const { options, host, socket } = readAddress(endpoint);
  const command =
    endpoint.kind === 'docker'
      ? ['docker', ...(socket === null ? [] : [`--host=unix://${socket}`]), 'system', 'dial-stdio']
      : ['buildctl', ...(socket === null ? [] : ['--addr', `unix://${socket}`]), 'dial-stdio'];
  return { file: 'ssh', args: [...options, '--', host, ...command] };
}

/** The engine's socket there as `path` here; `cat` ends with our end of its input. */
export function forwardProgram(endpoint: SshEndpoint, path: string): ChannelProgram {
  const { options, host, socket } = readAddress(endpoint);
  const forward = ['-o', 'ExitOnForwardFailure=yes', '-L', `${path}:${socket ?? USUAL_SOCKET[endpoint.kind]}`];
  return { file: 'ssh', args: [...options, ...forward, '--', host, 'cat'] };
}

function readAddress({ address }: SshEndpoint): { options: string[]; host: string; socket: string | null } {
  const url = new URL(address);
  const path = decodeURIComponent(url.pathname).replace(/\/+$/, '');
  return {
    options: [
      '-T',
      ...['BatchMode=yes', `ConnectTimeout=${CONNECT_TIMEOUT_S}`, 'RemoteCommand=none'].flatMap((option) => ['-o', option]),
      ...(url.username === '' ? [] : ['-l', decodeURIComponent(url.username)]),
      ...(url.port === '' ? [] : ['-p', url.port]),
    ],
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    socket: path === '' ? null : path,
  };
}

/** ssh's own words for what the next step follows from. */
const CAUSES: ReadonlyArray<readonly [pattern: RegExp, reason: string, hint: (host: string, known: string) => string]> = [
  [
    /REMOTE HOST IDENTIFICATION HAS CHANGED/,
    'the host shows another key than the known one',
    (host, known) => `Find out why it has changed; if that is right: ssh-keygen -R '${known}', then ssh ${host} once.`,
  ],
  [
    /Host key verification failed|No \S+ host key is known/i,
    'the key of the host is not known',
    (host) => `Connect once by hand, and compare the key: ssh ${host}`,
  ],
  [
    /Permission denied \(|Too many authentication failures/i,
    'the host accepts none of the keys',
    (host) => `Load the key into the agent (ssh-add), and try it: ssh -o BatchMode=yes ${host} true`,
  ],
  [
    /Could not resolve hostname/i,
    'the host name cannot be resolved',
    () => 'Check the name, also in ~/.ssh/config, and the network.',
  ],
  [/Connection refused/i, 'nobody listens for ssh there', () => 'Check host and port, and whether sshd runs there.'],
  [
    /timed out|No route to host|Network is unreachable/i,
    'the host does not answer',
    () => 'Check host, port and network, and whether a firewall stands between.',
  ],
  [
    /administratively prohibited|open failed|stdio forwarding failed|connect failed/i,
    'neither the command of the engine nor its socket is there',
    (host) => `Install docker or buildctl on ${host}, or name the socket: ssh://${host}/run/user/1000/docker.sock`,
  ],
  [
    /permission denied while trying to connect to the docker/i,
    "the person there may not use the engine's socket",
    () => 'Join the group of the socket there (usermod -aG docker USER), or name another person: ssh://USER@HOST.',
  ],
  [
    /cannot connect to the docker daemon|connection refused|no such file or directory/i,
    'the engine does not run there',
    (host) => `Start it: ssh ${host} systemctl start docker`,
  ],
];

/** Why ssh has found nobody, out of its last words. */
export function explainSsh(endpoint: Endpoint, { exitCode, said }: ProgramEnd): BxError {
  const url = new URL(endpoint.address);
  const host = `${url.port === '' ? '' : `-p ${url.port} `}${url.username === '' ? '' : `${url.username}@`}${url.hostname}`;
  const known = CAUSES.find(([pattern]) => pattern.test(said));
  const where = exitCode === SSH_FAILED ? '' : `the command on the other side ended with status ${exitCode}`;
  const words = lastLine(said);
  const reason = known?.[1] ?? (words === '' ? where || 'ssh ended without a word' : words);
  const detail = known !== undefined && words !== '' ? ` (${words})` : '';
  return new BxError('endpoint', `cannot connect to ${describeEndpoint(endpoint)}: ${reason}${detail}`, {
    hint:
      known?.[2](host, url.port === '' ? url.hostname : `[${url.hostname}]:${url.port}`) ??
      `Try it by hand: ssh ${host} ${endpoint.kind === 'docker' ? 'docker version' : 'buildctl debug workers'}`,
  });
}

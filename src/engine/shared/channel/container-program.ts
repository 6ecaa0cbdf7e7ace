/** A buildkitd in a container of Podman or nerdctl: `buildctl dial-stdio` in it, through their own command (buildkit, client/connhelper). */
import type { Duplex } from 'node:stream';
import type { Endpoint } from '../../../builders/endpoint.js';
import { BxError } from '../../../platform/errors.js';
import { describeEndpoint } from '../connect-error.js';
import { isOfBuildKit } from './first-byte.js';
import { lastLine, openProgramChannel } from './program-channel.js';
import type { ChannelProgram, ProgramEnd } from './start-program.js';

/** Throws `BxError('endpoint' | 'cancelled')`. */
export async function openContainerProgram(endpoint: Endpoint, signal: AbortSignal): Promise<Duplex> {
  const program = containerProgram(endpoint.address);
  const explain = (end: ProgramEnd): BxError => explainContainer(endpoint, program.file, end);
  return openProgramChannel(endpoint, { program, isAnswer: isOfBuildKit, explain }, signal);
}

/** `podman-container://NAME`, `nerdctl-container://NAME?namespace=…`. */
export function containerProgram(address: string): ChannelProgram {
  const [, tool = '', name = '', query = ''] = /^(\w+)-container:\/\/([^?]*)\??(.*)$/.exec(address) ?? [];
  const namespace = new URLSearchParams(query).get('namespace');
  const scope = namespace ? ['--namespace', namespace] : [];
  return { file: tool, args: [...scope, 'exec', '-i', name, 'buildctl', 'dial-stdio'] };
}

/** Why nobody answers in the container, out of the last words of its command. */
export function explainContainer(endpoint: Endpoint, tool: string, { exitCode, said }: ProgramEnd): BxError {
  const name = endpoint.address.replace(/^.*:\/\//, '').replace(/\?.*$/, '');
  const failed = (reason: string, hint: string): BxError =>
    new BxError('endpoint', `cannot connect to ${describeEndpoint(endpoint)}: ${reason}`, { hint });
  if (/no such container|no container with name/i.test(said)) {
    return failed(`there is no container ${name}`, `See which there are: ${tool} ps -a`);
  }
  if (/not running|state improper|is stopped/i.test(said)) {
    return failed(`the container ${name} does not run`, `Start it: ${tool} start ${name}`);
  }
  if (/executable file .*not found|buildctl.*no such file/i.test(said)) {
    return failed(`there is no buildctl in the container ${name}`, 'Name a container of the image moby/buildkit.');
  }
  return failed(
    lastLine(said) || `${tool} ended with status ${exitCode}`,
    `Try it by hand: ${tool} exec ${name} buildctl debug workers`,
  );
}

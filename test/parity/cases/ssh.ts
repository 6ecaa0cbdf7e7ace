/** Cases of `RUN --mount=type=ssh`: a real agent and real keys, asked by OpenSSH's client in the build. */
import type { ParityCase } from '../case.js';
import { inShell } from './common.js';

const SOCKET = '@DIR@/agent.sock';
const KEY = (name: string): string => `@DIR@/context/key-${name}`;
const CLIENT = 'COPY ssh-client /\nCOPY key-*.pub /\n';
/** The keys that it has, and the exit status. */
const LISTED = 'ssh-add -l > /out/keys 2>&1; echo $? >> /out/keys';
/** Neither of the two kinds of signatures has anything of chance in it. */
const SIGNED = ['ed25519', 'rsa'].map(
  (key) => `echo text | ssh-keygen -q -Y sign -n file -f /key-${key}.pub > /out/${key} 2>/out/${key}.err`,
);

const asked = (
  name: string,
  commands: readonly string[],
  args: readonly string[],
  more: Partial<ParityCase> = {},
): ParityCase => ({
  name,
  dockerfile: inShell(...commands).replace('ARG RUN_ID', `${CLIENT}ARG RUN_ID`),
  args,
  ...more,
});
const failing = (name: string, args: readonly string[], says: RegExp, more: Partial<ParityCase> = {}): ParityCase => ({
  name,
  dockerfile: inShell('RUN --mount=type=ssh,required true'),
  args,
  compared: 'failure',
  says,
  ...more,
});

export const ssh: readonly ParityCase[] = [
  asked('the agent of the environment', [`RUN --mount=type=ssh ${LISTED}`], ['--ssh', 'default'], {
    agent: ['ed25519', 'rsa', 'ecdsa'],
    env: { SSH_AUTH_SOCK: SOCKET },
  }),
  asked('the agent of a socket', [`RUN --mount=type=ssh ${LISTED}`], ['--ssh', `default=${SOCKET}`], { agent: ['ed25519'] }),
  asked('an agent without keys', [`RUN --mount=type=ssh ${LISTED}`], ['--ssh', `default=${SOCKET}`], { agent: [] }),
  asked('an agent by an id', [`RUN --mount=type=ssh,id=deploy ${LISTED}`], ['--ssh', `deploy=${SOCKET}`], { agent: ['rsa'] }),
  asked('an agent that signs', [`RUN --mount=type=ssh ${SIGNED.join(' && ')}`], ['--ssh', `default=${SOCKET}`], {
    agent: ['ed25519', 'rsa'],
  }),
  asked(
    'an agent that may not be changed',
    [`RUN --mount=type=ssh ssh-add -D > /out/said 2>&1; ssh-add -x </dev/null >> /out/said 2>&1; ${LISTED}`],
    ['--ssh', `default=${SOCKET}`],
    { agent: ['ed25519'] },
  ),
  asked('a key of a file', [`RUN --mount=type=ssh,id=deploy ${LISTED}`], ['--ssh', `deploy=${KEY('ed25519')}`]),
  asked(
    'keys of several files',
    [`RUN --mount=type=ssh ${LISTED}`],
    ['--ssh', `default=${KEY('rsa')},${KEY('ed25519')},${KEY('ecdsa')}`],
  ),
  asked(
    'keys of files that sign',
    [`RUN --mount=type=ssh ${SIGNED.join(' && ')}`],
    ['--ssh', `default=${KEY('ed25519')},${KEY('rsa')}`],
  ),
  asked(
    'a key of a file that signs by chance',
    [
      'RUN --mount=type=ssh echo text | ssh-keygen -q -Y sign -n file -f /key-ecdsa.pub > /s && echo text | ssh-keygen -Y check-novalidate -n file -s /s > /out/said',
    ],
    ['--ssh', `default=${KEY('ecdsa')}`],
  ),
  asked(
    'two agents',
    [`RUN --mount=type=ssh,id=a ${LISTED}`, `RUN --mount=type=ssh,id=b ${LISTED.replaceAll('/out/keys', '/out/others')}`],
    ['--ssh', `a=${SOCKET}`, '--ssh', `b=${KEY('ecdsa')}`],
    { agent: ['ed25519'] },
  ),
  asked(
    'a target, a mode and an owner',
    [
      'RUN --mount=type=ssh,target=/here/agent,mode=0640,uid=3,gid=4 echo $SSH_AUTH_SOCK > /out/l; ls -ln /here/agent | tr -s " " | cut -d" " -f1,3,4 >> /out/l',
    ],
    ['--ssh', `default=${SOCKET}`],
    { agent: ['ed25519'] },
  ),
  asked('none that is given', ['RUN --mount=type=ssh echo "[$SSH_AUTH_SOCK]" > /out/l; ls /run >> /out/l 2>&1; true'], []),
  failing('none where one is required', [], /unset ssh forward key default|ssh.*default/),
  failing('another id than is required', ['--ssh', `other=${KEY('ed25519')}`], /default/, { keys: ['ed25519'] }),
  failing('no agent in the environment', ['--ssh', 'default'], /SSH_AUTH_SOCK/, { env: { SSH_AUTH_SOCK: undefined } }),
  failing('a file that is not there', ['--ssh', 'default=@DIR@/nowhere'], /nowhere/),
  failing('a file that is no key', ['--ssh', 'default=@DIR@/context/Dockerfile'], /Dockerfile/),
];

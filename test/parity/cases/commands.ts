/** Cases of what commands and stages see. Each is small and says one thing; `BASE` has a shell. */
import { BASE, type ParityCase } from '../case.js';
import { configuration, fromScratch, inShell, PASSWD, TREE } from './common.js';

// biome-ignore lint/suspicious/noTemplateCurlyInString: the Dockerfile's own.
const EXPANDED = 'ENV B=${A:-none} C=${A:+some} D=pre$A';

export const mounts: readonly ParityCase[] = [
  { name: 'bind', dockerfile: inShell('RUN --mount=type=bind,target=/ctx cp -r /ctx/dir /out/'), files: TREE },
  {
    name: 'bind of a part',
    dockerfile: inShell('RUN --mount=type=bind,source=dir/sub,target=/s ls -l /s | cut -c1-10 > /out/l'),
    files: TREE,
  },
  {
    name: 'bind, writable',
    dockerfile: inShell('RUN --mount=type=bind,target=/ctx,rw echo n > /ctx/new && ls /ctx > /out/l'),
    files: TREE,
  },
  {
    name: 'bind of a stage',
    dockerfile: `FROM scratch AS other\nCOPY a.txt /\n${inShell('RUN --mount=from=other,target=/o cat /o/a.txt > /out/l')}`,
    files: TREE,
  },
  { name: 'tmpfs', dockerfile: inShell('RUN --mount=type=tmpfs,target=/t grep -c " /t tmpfs" /proc/mounts > /out/l') },
  {
    name: 'cache',
    dockerfile: inShell(
      'RUN --mount=type=cache,target=/c,mode=0711,uid=5 ls -ld /c | cut -c1-10 > /out/l',
      'RUN find /c > /out/m; true',
    ),
  },
  {
    name: 'cache kept between commands',
    dockerfile: inShell(
      'RUN --mount=type=cache,id=$RUN_ID,target=/c echo x > /c/$RUN_ID',
      'RUN --mount=type=cache,id=$RUN_ID,target=/c cat /c/$RUN_ID > /out/l',
    ),
  },
  {
    name: 'read only',
    dockerfile: inShell('RUN --mount=type=bind,target=/ctx touch /ctx/new'),
    files: TREE,
    compared: 'failure',
    says: /Read-only file system/,
  },
  {
    name: 'of an unknown kind',
    dockerfile: inShell('RUN --mount=type=none,target=/x true'),
    compared: 'failure',
    says: /unsupported mount type "none"|invalid mount type/,
  },
];

export const secrets: readonly ParityCase[] = [
  {
    name: 'a file',
    dockerfile: inShell(
      'RUN --mount=type=secret,id=key cp /run/secrets/key /out/k && ls -l /run/secrets/key | cut -c1-10 > /out/l',
    ),
    files: { 'key.txt': 'hush' },
    args: ['--secret', 'id=key,src=@DIR@/context/key.txt'],
  },
  {
    name: 'a file, in other words',
    dockerfile: inShell('RUN --mount=type=secret,id=key cat /run/secrets/key > /out/k'),
    files: { 'key.txt': 'hush' },
    args: ['--secret', 'type=file,id=key,source=@DIR@/context/key.txt'],
  },
  {
    name: 'the environment',
    dockerfile: inShell('RUN --mount=type=secret,id=key cat /run/secrets/key > /out/k'),
    args: ['--secret', 'id=key,env=PARITY_KEY'],
    env: { PARITY_KEY: 'hush' },
  },
  {
    name: 'the environment by its name',
    dockerfile: inShell('RUN --mount=type=secret,id=PARITY_KEY cat /run/secrets/PARITY_KEY > /out/k'),
    args: ['--secret', 'id=PARITY_KEY'],
    env: { PARITY_KEY: 'hush' },
  },
  {
    name: 'a target and a mode',
    dockerfile: inShell(
      'RUN --mount=type=secret,id=key,target=/k,mode=0440,uid=3 ls -ln /k | tr -s " " | cut -d" " -f1,3 > /out/l',
    ),
    args: ['--secret', 'id=key,env=PARITY_KEY'],
    env: { PARITY_KEY: 'hush' },
  },
  { name: 'one that is not given', dockerfile: inShell('RUN --mount=type=secret,id=key ls /run/secrets > /out/l; true') },
  {
    name: 'one that is required',
    dockerfile: inShell('RUN --mount=type=secret,id=key,required true'),
    compared: 'failure',
    says: /secret key: not found/,
  },
  {
    name: 'a file that is not there',
    dockerfile: inShell('RUN true'),
    args: ['--secret', 'id=key,src=@DIR@/nowhere'],
    compared: 'failure',
    says: /nowhere/,
  },
  {
    name: 'bytes that are no text',
    dockerfile: inShell('RUN --mount=type=secret,id=key cp /run/secrets/key /out/k'),
    files: { key: '\u0000\u0001\n\n' },
    args: ['--secret', 'id=key,src=@DIR@/context/key'],
  },
];

export const heredocs: readonly ParityCase[] = [
  { name: 'COPY', dockerfile: fromScratch('COPY <<EOF /x', 'one', 'two', 'EOF') },
  {
    name: 'COPY, two of them',
    dockerfile: fromScratch('COPY <<a.txt <<b.txt /d/', 'A', 'a.txt', 'B', 'b.txt'),
  },
  { name: 'COPY with a mode', dockerfile: fromScratch('COPY --chmod=755 <<EOF /run.sh', '#!/bin/sh', 'EOF') },
  {
    name: 'arguments in it',
    dockerfile: fromScratch('ARG WHO=you', 'COPY <<EOF /x', 'hello $WHO', 'EOF', 'COPY <<"EOF" /y', 'hello $WHO', 'EOF'),
  },
  { name: 'tabs taken away', dockerfile: fromScratch('COPY <<-EOF /x', '\t\tone', '\ttwo', '\tEOF') },
  { name: 'RUN', dockerfile: inShell('RUN <<EOF', 'echo one > /out/a', 'echo $((1 + 1)) > /out/b', 'EOF') },
  { name: 'RUN into a program', dockerfile: inShell('RUN cat <<EOF > /out/a', 'text', 'EOF') },
  {
    name: 'one without an end',
    dockerfile: fromScratch('COPY <<EOF /x', 'one'),
    compared: 'failure',
    says: /unterminated heredoc/,
  },
];

export const args: readonly ParityCase[] = [
  { name: 'a default', dockerfile: inShell('ARG A=1', 'RUN echo "$A" > /out/l') },
  { name: 'given', dockerfile: inShell('ARG A=1', 'RUN echo "$A" > /out/l'), args: ['--build-arg', 'A=two words'] },
  { name: 'given empty', dockerfile: inShell('ARG A=1', 'RUN echo "[$A]" > /out/l'), args: ['--build-arg', 'A='] },
  {
    name: 'of the environment',
    dockerfile: inShell('ARG A=1', 'RUN echo "$A" > /out/l'),
    args: ['--build-arg', 'A'],
    env: { A: 'from outside' },
  },
  { name: 'of an environment without it', dockerfile: inShell('ARG A=1', 'RUN echo "$A" > /out/l'), args: ['--build-arg', 'A'] },
  {
    name: 'the last counts',
    dockerfile: inShell('ARG A=1', 'RUN echo "$A" > /out/l'),
    args: ['--build-arg', 'A=2', '--build-arg=A=3'],
  },
  {
    name: 'before FROM',
    dockerfile: `ARG STAGE=base\n${BASE}RUN mkdir /out && echo y > /out/y\nFROM $STAGE AS chosen\nFROM scratch\nCOPY --from=chosen /out /\n`,
  },
  {
    name: 'platform arguments',
    dockerfile: inShell('ARG TARGETPLATFORM', 'ARG BUILDARCH', 'RUN echo "$TARGETPLATFORM $BUILDARCH" > /out/l'),
  },
  { name: 'expansions', dockerfile: inShell('ARG A=', EXPANDED, 'RUN echo "$B|$C|$D" > /out/l') },
  {
    name: 'proxies are there and leave no trace',
    dockerfile: inShell('RUN echo "$http_proxy" > /out/l'),
    args: ['--build-arg', 'http_proxy=http://127.0.0.1:1'],
  },
  {
    name: 'a value with an equals sign',
    dockerfile: inShell('ARG A', 'RUN echo "$A" > /out/l'),
    args: ['--build-arg', 'A=x=y=z'],
  },
];

export const stages: readonly ParityCase[] = [
  { name: 'the last one', dockerfile: 'FROM scratch AS a\nCOPY a.txt /\nFROM scratch AS b\nCOPY b.md /\n', files: TREE },
  {
    name: '--target',
    dockerfile: 'FROM scratch AS a\nCOPY a.txt /\nFROM scratch AS b\nCOPY b.md /\n',
    files: TREE,
    args: ['--target', 'a'],
  },
  {
    name: '--target in other case',
    dockerfile: 'FROM scratch AS First\nCOPY a.txt /\nFROM scratch\nCOPY b.md /\n',
    files: TREE,
    args: ['--target=FIRST'],
  },
  { name: 'by number', dockerfile: 'FROM scratch\nCOPY a.txt /\nFROM scratch\nCOPY --from=0 /a.txt /b\n', files: TREE },
  {
    name: 'on another',
    dockerfile: 'FROM scratch AS a\nCOPY a.txt /\nFROM a AS b\nCOPY b.md /\nFROM b\nCOPY dir /\n',
    files: TREE,
  },
  { name: 'what is not needed is not built', dockerfile: `${BASE}RUN exit 7\nFROM scratch\nCOPY a.txt /\n`, files: TREE },
  {
    name: 'a target that is not there',
    dockerfile: fromScratch('COPY a.txt /'),
    files: TREE,
    args: ['--target', 'none'],
    compared: 'failure',
    says: /none/,
  },
  { name: 'a stage that is not there', dockerfile: 'FROM scratch\nCOPY --from=9 /a /b\n', compared: 'failure', says: /9/ },
];

export const contexts: readonly ParityCase[] = [
  {
    name: 'a directory',
    dockerfile: fromScratch('COPY --from=more . /m/'),
    files: { 'more/x': 'x', 'more/d/y': 'y' },
    args: ['--build-context', 'more=@DIR@/context/more'],
  },
  {
    name: 'with an ignore file',
    dockerfile: fromScratch('COPY --from=more . /m/'),
    files: { 'more/x': 'x', 'more/y': 'y', 'more/.dockerignore': 'y\n' },
    args: ['--build-context', 'more=@DIR@/context/more'],
  },
  {
    name: 'instead of a stage',
    dockerfile: 'FROM scratch AS more\nCOPY a.txt /\nFROM scratch\nCOPY --from=more / /m/\n',
    files: { ...TREE, 'more/x': 'x' },
    args: ['--build-context', 'more=@DIR@/context/more'],
  },
  {
    name: 'in a mount',
    dockerfile: inShell('RUN --mount=from=more,target=/m cp -r /m/. /out/'),
    files: { 'more/x': 'x' },
    args: ['--build-context', 'more=@DIR@/context/more'],
  },
  {
    name: 'one that is not there',
    dockerfile: fromScratch('COPY --from=more . /'),
    args: ['--build-context', 'more=@DIR@/nowhere'],
    compared: 'failure',
    says: /nowhere/,
  },
];

/** With a directory `image` that is one. */
function ofLayout(name: string, reference: string, more: Partial<ParityCase>): ParityCase {
  return {
    name: `an image in a directory ${name}`,
    dockerfile: 'FROM base\nCOPY a.txt /own\n',
    files: { ...TREE, image: { layout: { 'd/x': 'x', y: 'y' } } },
    args: ['--build-context', `base=oci-layout://${reference}`],
    ...more,
  };
}

export const layouts: readonly ParityCase[] = [
  ofLayout('by its tag', '@DIR@/context/image:one', { needsLayouts: true }),
  ofLayout('by its path below', './context/image:one', { needsLayouts: true }),
  ofLayout('that is the only one', '@DIR@/context/image:other', { needsLayouts: true }),
  ofLayout('with its configuration', '@DIR@/context/image:one', { needsLayouts: true, compared: 'image' }),
  ofLayout('that is not there', '@DIR@/nowhere', { compared: 'failure', says: /nowhere/ }),
  ofLayout('that is none', '@DIR@/context/dir', { compared: 'failure', says: /index\.json/ }),
  ofLayout('by a digest that it has not', `@DIR@/context/image@sha256:${'0'.repeat(64)}`, {
    compared: 'failure',
    says: /sha256:0{64}/,
  }),
];

export const users: readonly ParityCase[] = [
  { name: 'a number', dockerfile: inShell('RUN chmod 777 /out', 'USER 12:34', 'RUN id -u > /out/u && id -g > /out/g') },
  {
    name: 'a name',
    dockerfile: inShell('COPY passwd group /etc/', 'RUN chmod 777 /out', 'USER me:us', 'RUN id -u > /out/u && id -g > /out/g'),
    files: PASSWD,
  },
  {
    name: 'one that is not there',
    dockerfile: inShell('USER nobody-here', 'RUN true'),
    compared: 'failure',
    says: /nobody-here/,
  },
];

export const workdirs: readonly ParityCase[] = [
  { name: 'are made', dockerfile: fromScratch('WORKDIR /a/b', 'COPY a.txt .', 'WORKDIR c', 'COPY b.md ./d/'), files: TREE },
  {
    name: 'of the user',
    dockerfile: inShell('RUN chmod 777 /out', 'USER 12:34', 'WORKDIR /home/x', 'RUN stat -c "%u %g %a" /home/x > /out/l'),
  },
  { name: 'with arguments', dockerfile: inShell('ARG D=some', 'WORKDIR /$D/x$D', 'RUN pwd > /out/l') },
];

export const triggers: readonly ParityCase[] = [
  {
    name: 'COPY of a stage below',
    dockerfile: 'FROM scratch AS parent\nONBUILD COPY a.txt /on/\nFROM parent\nCOPY b.md /\n',
    files: TREE,
  },
  {
    name: 'RUN of a stage below',
    dockerfile: `${BASE}ONBUILD RUN mkdir /out && echo "$((40 + 2))" > /out/l\nFROM base AS child\nFROM scratch\nCOPY --from=child /out /\n`,
  },
  configuration('in the configuration', ['COPY a.txt /', 'ONBUILD COPY b.md /', 'ONBUILD ENV A=1'], { files: TREE }),
];

/** What the classic builder has, and BuildKit passes over. */
const passedOver = (name: string, ...args: readonly string[]): ParityCase => ({
  name,
  dockerfile: fromScratch('COPY a.txt /'),
  files: TREE,
  args,
});
const refused = (name: string, says: RegExp, ...args: readonly string[]): ParityCase => ({
  ...passedOver(name, ...args),
  compared: 'failure',
  says,
});

export const classicFlags: readonly ParityCase[] = [
  passedOver('limits', '-m', '512m', '--memory-swap=-1', '-c512', '--cpu-period=0x10', '--cpu-quota', '-1'),
  passedOver('CPUs and memory nodes', '--cpuset-cpus', '0', '--cpuset-mems=junk'),
  passedOver('sizes that are none', '--memory=much', '--memory-swap='),
  passedOver('how containers are kept', '--compress', '--rm=false', '--force-rm'),
  refused('a weight that is none', /cpu-shares/, '--cpu-shares=much'),
  refused('a period that is none', /cpu-period/, '--cpu-period='),
  refused('a switch that is none', /squash/, '--squash=maybe'),
  refused('options with a lone quote', /security-opt/, '--security-opt=a"b'),
  // An error, so that both show what they have to say.
  ...['--isolation=default', '--security-opt=a=b', '--squash', '--squash=false'].map((flag) => ({
    ...refused(`a warning of ${flag}`, new RegExp(flag.replace(/^--([a-z-]+).*/, '$1')), flag),
    dockerfile: inShell('RUN exit 3'),
  })),
];

export const settings: readonly ParityCase[] = [
  {
    name: '--add-host',
    dockerfile: inShell('RUN grep some.host /etc/hosts | tr -s "\\t " " " > /out/l'),
    args: ['--add-host', 'some.host:1.2.3.4', '--add-host=other=::1'],
  },
  { name: '--network=none', dockerfile: inShell('RUN ls /sys/class/net > /out/l'), args: ['--network=none'] },
  { name: '--ulimit', dockerfile: inShell('RUN ulimit -n > /out/l'), args: ['--ulimit', 'nofile=99:100'] },
  {
    name: '--shm-size',
    dockerfile: inShell('RUN grep " /dev/shm " /proc/mounts | grep -o "size=[0-9k]*" > /out/l'),
    args: ['--shm-size=3m'],
  },
  { name: 'a network of one command', dockerfile: inShell('RUN --network=none ls /sys/class/net > /out/l') },
  {
    name: 'an argument that is none',
    dockerfile: fromScratch('COPY a.txt /'),
    files: TREE,
    args: ['--add-host', 'nothing'],
    compared: 'failure',
    says: /nothing/,
  },
];

/**
 * The words of `docker buildx debug` 0.13, the last one whose monitor opens a shell by itself: typed to it and to `bxtui debug`, they are
 * taken by both and mean the same. BXTUI_BUILDX_013 names its program; without it the one of Debian 13 is used where it can be had.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import * as http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { engineEnv, isDocker, testEngine } from '../helpers/engines.js';
import { BASE, createProject, removeProjects } from '../helpers/project.js';
import { atPrompt, type Prompt } from '../helpers/prompt.js';
import { endSessions, sessionRoot } from '../helpers/session-root.js';
import { closeTerminals, startTerminal, type TestTerminal } from '../helpers/terminal.js';
import { unpackDebianPackages } from '../setup/debian-package.mjs';

const PLUGIN = 'usr/libexec/docker/cli-plugins/docker-buildx';
/** From this engine on it opens no shell any more. */
const TOO_NEW = 28;
/** Before this engine a failed step has no state to open one in. */
const TOO_OLD = 23;
const FAILING = `${BASE}WORKDIR /app
RUN echo one > one
RUN echo partial > partial; echo "the reason"; exit 3
`;

const config = mkdtempSync(join(tmpdir(), 'bxtui-peer-'));
afterEach(async () => {
  await closeTerminals();
  await endSessions();
  removeProjects();
  rmSync(config, { recursive: true, force: true });
});

interface Monitor {
  readonly terminal: TestTerminal;
  readonly prompt: Prompt;
  /** Leaves the program in front for the prompt. */
  leave(): Promise<void>;
}

/** The reason, where the old one cannot be run. */
async function findOld(): Promise<{ readonly file: string } | { readonly reason: string }> {
  if (!isDocker()) return { reason: 'the engine is no Docker Engine' };
  const version = await engineVersion();
  if (version < TOO_OLD) return { reason: `buildx 0.13 opens no shell on Docker Engine ${version}` };
  if (version >= TOO_NEW) return { reason: `buildx 0.13 opens no shell on Docker Engine ${version}` };
  if (process.env.BXTUI_BUILDX_013) return { file: process.env.BXTUI_BUILDX_013 };
  try {
    return { file: join(unpackDebianPackages(['docker-buildx'], 'trixie'), PLUGIN) };
  } catch (error) {
    return { reason: `buildx 0.13 cannot be had: ${(error as Error).message}` };
  }
}

function engineVersion(): Promise<number> {
  const socketPath = testEngine().replace(/^unix:\/\//, '');
  return new Promise((resolve, reject) => {
    http
      .get({ socketPath, path: '/version' }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => {
          text += chunk;
        });
        response.on('end', () => resolve(Number.parseInt(JSON.parse(text).Version, 10)));
      })
      .on('error', reject);
  });
}

function start(program: string | null, dir: string): TestTerminal {
  const words = ['debug', '--on=error', '--invoke', 'sh', 'build', '--progress=plain', dir];
  const env = {
    ...engineEnv(),
    BUILDX_EXPERIMENTAL: '1',
    DOCKER_CONFIG: config,
    XDG_STATE_HOME: config,
    BXTUI_ROOT: sessionRoot(),
  };
  const size = { cols: 150, rows: 60 };
  if (program !== null) return startTerminal({ program, args: words, env, ...size });
  return startTerminal({ args: [words[0]!, '--leave-key', 'ctrl-a,c', ...words.slice(1)], env, ...size });
}

async function open(program: string | null, dir: string): Promise<Monitor> {
  const terminal = start(program, dir);
  const name = program === null ? 'bxtui' : 'buildx';
  await terminal.waitFor(/# *$/m, { timeoutMs: 40_000 });
  const leave = async (): Promise<void> => {
    terminal.type('\u0001c');
    await terminal.waitFor(new RegExp(`^\\(${name}\\) *$`, 'm'));
  };
  await leave();
  return { terminal, prompt: atPrompt(terminal, `\\(${name}\\)`), leave };
}

describe('the words of docker buildx debug 0.13', () => {
  it('are taken, and mean what they meant', async (context) => {
    const found = await findOld();
    if ('reason' in found) return context.skip(found.reason);
    for (const program of [found.file, null]) {
      const { dir } = createProject(FAILING);
      const { terminal, prompt } = await open(program, dir);

      const help = await prompt.say('help');
      for (const name of ['attach', 'disconnect', 'exec', 'exit', 'help', 'kill', 'list', 'ps', 'reload', 'rollback']) {
        expect(help).toMatch(new RegExp(`^ *${name} {2,}\\S`, 'm'));
        if (name !== 'help' && name !== 'exit')
          expect(await prompt.say(`help ${name}`)).toMatch(new RegExp(`(?:usage|Usage):\\s+${name}`));
      }
      const list = await prompt.say('list');
      expect(list).toMatch(/^ID.*CURRENT/m);
      expect(list).toMatch(/ (?:true|yes)\b/);
      const ps = await prompt.say('ps');
      expect(ps).toMatch(/^P?ID .*COMMAND/m);
      const shell = /^(\S+) .*\[?(?:\/bin\/)?sh\]?/m.exec(ps)?.[1] ?? '';

      await prompt.say('exec ls /app', /one\s+partial/);
      await terminal.waitFor(/\((?:bxtui|buildx)\) *$/m);
      await prompt.say(`attach ${shell}`, program === null ? /leaves/ : /Attached[\s\S]*Switched IO/);
      await terminal.settled(300);
      terminal.type('cd / && echo in-the-$((40+2))-shell\r');
      await terminal.waitFor(/in-the-42-shell/);
      terminal.type('\u0001c');
      await terminal.waitFor(/\((?:bxtui|buildx)\) *$/m);

      expect(await prompt.say('attach nosuch')).toMatch(/unknown ID|no process and no session/);
      expect(await prompt.say('attach')).toMatch(/ID/);
      await prompt.say('rollback --init sh -c "ls /app | wc -l"', /^1$/m);
      await terminal.waitFor(/\((?:bxtui|buildx)\) *$/m);
      await prompt.say('reload', /the reason[\s\S]*# *$/m);
      terminal.type('\u0001c');
      await terminal.waitFor(/\((?:bxtui|buildx)\) *$/m);
      terminal.type('exit\r');
      expect((await terminal.waitForExit()).code).toBe(1);
    }
  });
});

#!/usr/bin/env node
/**
 * `npm run demo`: all the set-up there is, then the main job on a sample Dockerfile with a failing step. On a terminal that is the
 * full-screen session. Without one (a script, CI) the same build runs with plain progress, and the line-mode monitor shows that a
 * shell opens in the failing step and in an earlier one; exit status 0 when everything was as it has to be.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { passThrough } from '../test/setup/command.mjs';
import { acquireEngine } from '../test/setup/engine.mjs';
import { createSample } from '../test/setup/sample.mjs';
import { runScript, SetupError, say } from '../test/setup/say.mjs';
import { ensureBuild, ensureDependencies, projectRoot } from '../test/setup/toolchain.mjs';

const BXTUI = join(projectRoot, 'bin/bxtui');
const COMMAND_WITHIN_MS = 180_000;

/** @typedef {{ status: number, output: string }} Run */

await runScript(async () => {
  ensureDependencies();
  ensureBuild();
  const sample = createSample();
  try {
    const engine = await acquireEngine({ prefer: 'answering' });
    try {
      const hasTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
      // What was built before is cached: a session without a cached step would not show one.
      await run(['build', '--progress=quiet', '--target=base', sample.dir], engine.env, '', false);
      return hasTerminal ? await fullScreen(sample, engine.env) : await scripted(sample, engine.env);
    } finally {
      await engine.stop();
    }
  } finally {
    sample.remove();
  }
});

/**
 * @param {ReturnType<typeof createSample>} sample
 * @param {NodeJS.ProcessEnv} env
 */
async function fullScreen(sample, env) {
  say(`the sample is in ${sample.dir} until you leave; line ${sample.lineOf('checking links')} of its Dockerfile fails`);
  const root = mkdtempSync(join(tmpdir(), 'bxd-'));
  const here = { ...env, BXTUI_ROOT: root };
  try {
    const status = await passThrough(BXTUI, ['build', sample.dir], { env: here });
    // The sample's build fails by design; leaving it that way is no failure of the demo.
    return status === 1 ? 0 : status;
  } finally {
    // A session that was left running would soon have neither its files nor its engine.
    const { output } = await run(['kill', '--all'], here, '', false);
    if (/^[0-9a-f]{8}$/m.test(output)) say('the session that was left running ends with the demo');
    rmSync(root, { recursive: true, force: true });
  }
}

/**
 * @param {ReturnType<typeof createSample>} sample
 * @param {NodeJS.ProcessEnv} env
 */
async function scripted(sample, env) {
  title('the build, with plain progress');
  const build = await run(['build', '--progress=plain', sample.dir], env, '', true);
  const failing = sample.lineOf('checking links');
  const earlier = sample.lineOf('COPY src');
  const script = [
    `rollback L${failing} sh -c 'echo "in the failing step: $(pwd)"; sh check-links.sh public'`,
    `rollback L${earlier} sh -c 'echo "in an earlier step: $(ls)"; test -e public || echo "nothing is published yet"'`,
    'ps',
    'exit',
  ];
  title('the same build in the line-mode monitor, with these commands on stdin:');
  process.stdout.write(`${script.map((line) => `    ${line}`).join('\n')}\n\n`);
  const monitor = await run(['build', '--progress=plain', '--on=error', sample.dir], env, `${script.join('\n')}\n`, true);
  const expectations = [
    expectation('the build fails with exit status 1', build.status === 1),
    expectation('its first steps are cached', /CACHED/.test(build.output)),
    expectation(
      'the log of the failing step names the broken link',
      build.output.includes('BROKEN  public/index.html -> about.html'),
    ),
    expectation('a shell opens in the failing step', monitor.output.includes('in the failing step: /site')),
    expectation(
      'the failing command can be run again there',
      count(monitor.output, 'BROKEN  public/index.html') > count(build.output, 'BROKEN  public/index.html'),
    ),
    expectation(
      'a shell opens in an earlier step',
      /in an earlier step: about\.html\s+check-links\.sh\s+index\.html/.test(monitor.output),
    ),
    expectation('and shows what was there before', monitor.output.includes('nothing is published yet')),
    expectation("the session ends with the build's exit status", monitor.status === 1),
  ];
  title('what had to be seen');
  for (const { text, isMet } of expectations) process.stdout.write(`  ${isMet ? 'ok  ' : 'FAIL'} ${text}\n`);
  const missed = expectations.filter(({ isMet }) => !isMet);
  if (missed.length === 0) return 0;
  throw new SetupError(
    `the demo did not go as it has to: ${missed.map(({ text }) => text).join('; ')}`,
    'The output above tells what happened instead.',
  );
}

/**
 * Runs bxtui without a terminal.
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @param {string} input
 * @param {boolean} isShown
 * @returns {Promise<Run>}
 */
function run(args, env, input, isShown) {
  return new Promise((resolve, reject) => {
    const child = spawn(BXTUI, [...args], { env, stdio: ['pipe', 'pipe', 'pipe'] });
    const timer = setTimeout(() => child.kill('SIGTERM'), COMMAND_WITHIN_MS);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
        if (isShown) process.stdout.write(text);
      });
    }
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(timer);
      if (!isShown && code !== 0) process.stdout.write(output);
      resolve({ status: code ?? 128, output });
    });
  });
}

/** @param {string} text @param {boolean} isMet */
function expectation(text, isMet) {
  return { text, isMet };
}

/** @param {string} text @param {string} part */
function count(text, part) {
  return text.split(part).length - 1;
}

/** @param {string} text */
function title(text) {
  process.stdout.write(`\n== ${text}\n`);
}

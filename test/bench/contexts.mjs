/** Build contexts of the benchmark, in one scratch directory: the same files and Dockerfile for bxtui and for the peer. */

import { randomBytes } from 'node:crypto';
import { chmodSync, closeSync, copyFileSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { findBusybox } from '../setup/busybox.mjs';

const MIB = 1 << 20;

/** A base with a shell, made without a registry: two steps. */
const BASE = `FROM scratch AS base
COPY busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
`;

/** What a shell of these builds prompts with. Put together by the Dockerfile, so that no listing of it shows the same text. */
export const PROMPT = 'READY>';
const PROMPT_LINES = `ARG HALF=READ
ENV PS1=\${HALF}Y>
`;

/** Printed by a failing step as its last deed: the machine's uptime in seconds, which the benchmark can read as well. */
export const UPTIME_MARK = /UP=(\d+\.\d+)/;
const FAIL = 'RUN echo UP=$(cut -d " " -f 1 /proc/uptime); exit 3';

/** @param {string} parent @param {string} name @param {string} dockerfile @returns {string} the directory */
function createContext(parent, name, dockerfile) {
  const dir = join(parent, name);
  mkdirSync(dir);
  copyFileSync(findBusybox(), join(dir, 'busybox'));
  chmodSync(join(dir, 'busybox'), 0o755);
  writeFileSync(join(dir, 'Dockerfile'), dockerfile);
  return dir;
}

/** Eight steps, the export not counted. @param {string} parent @param {string} [name] */
export function eightSteps(parent, name = 'eight-steps') {
  const dir = createContext(
    parent,
    name,
    `${BASE}WORKDIR /app
COPY notes/ notes/
RUN echo one > one
RUN echo two > two
COPY note.txt .
RUN echo last > last
`,
  );
  mkdirSync(join(dir, 'notes'));
  for (const name of ['a', 'b', 'c']) writeFileSync(join(dir, 'notes', name), `${name}\n`);
  writeFileSync(join(dir, 'note.txt'), 'a note\n');
  return dir;
}

/** 300 steps: an engine takes no 128 layers on top of each other, so they stand in twelve stages. @param {string} parent */
export function threeHundredSteps(parent) {
  const stages = Array.from({ length: 12 }, (_, stage) => {
    const copies = Array.from({ length: 23 }, (_, step) => `COPY note.txt /s${stage}/n${step}`);
    return [`FROM scratch AS s${stage}`, ...copies].join('\n');
  });
  const gathered = Array.from(
    { length: 12 },
    (_, stage) => `COPY --from=s${stage} /s${stage}/n22 /g${stage}\nCOPY note.txt /h${stage}`,
  );
  const dir = createContext(parent, 'three-hundred-steps', [...stages, 'FROM scratch', ...gathered, ''].join('\n'));
  writeFileSync(join(dir, 'note.txt'), 'a note\n');
  return dir;
}

/** Steps that write a little, the last one fails. @param {string} parent @param {string} name @param {number} steps before the failing one */
export function failingBuild(parent, name, steps) {
  return createContext(parent, name, `${writingSteps(steps)}${FAIL}\n`);
}

/** The same without the failing step. @param {string} parent @param {string} name @param {number} steps */
export function succeedingBuild(parent, name, steps) {
  return createContext(parent, name, writingSteps(steps));
}

/** @param {number} steps */
function writingSteps(steps) {
  const runs = Array.from({ length: steps }, (_, index) => `RUN echo ${index} > file-${index}\n`);
  return `${BASE}${PROMPT_LINES}WORKDIR /app\n${runs.join('')}`;
}

/**
 * Writes the failing step of such a build otherwise, so that it is one that no build has run: a failure that an open container holds would
 * be told again without running. @param {string} dir
 */
export function rewriteFailure(dir) {
  const path = join(dir, 'Dockerfile');
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  writeFileSync(path, [...lines.slice(0, -1), FAIL.replace('RUN ', `RUN : ${randomBytes(8).toString('hex')}; `), ''].join('\n'));
}

/** Steps that print numbers, a line each; not one comes from the cache where `RUN_ID` is new. @param {string} parent @param {number} steps @param {number} lines of each */
export function printingBuild(parent, steps, lines) {
  const runs = Array.from({ length: steps }, (_, index) => `RUN : ${index}; seq 1 ${lines}`);
  return createContext(parent, 'printing', `${BASE}ARG RUN_ID\n${runs.join('\n')}\n`);
}

/** @param {string} parent @param {number} mebibytes */
export function oneLargeFile(parent, mebibytes) {
  const dir = createContext(parent, 'large-file', 'FROM scratch\nCOPY large /large\n');
  const file = openSync(join(dir, 'large'), 'w');
  const block = randomBytes(MIB);
  for (let index = 0; index < mebibytes; index++) {
    block.writeUInt32LE(index, 0);
    writeSync(file, block);
  }
  closeSync(file);
  return dir;
}

/** 100 files in each directory, each with a content of its own. @param {string} parent @param {number} files */
export function manyFiles(parent, files) {
  const dir = createContext(parent, 'many-files', 'FROM scratch\nCOPY tree /tree\n');
  const block = randomBytes(1024);
  for (let index = 0; index < files; index++) {
    const folder = join(dir, 'tree', `d${Math.floor(index / 100)}`);
    if (index % 100 === 0) mkdirSync(folder, { recursive: true });
    block.writeUInt32LE(index, 0);
    writeFileSync(join(folder, `f${index % 100}`), block);
  }
  return dir;
}

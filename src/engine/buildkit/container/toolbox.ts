/**
 * A shell for filesystems that have none: a static busybox of the client's, handed to the engine as a one-file filesystem. It must not
 * decide when to lend it.
 */

import { open, readFile } from 'node:fs/promises';
import { create, toBinary } from '@bufbuild/protobuf';
import { reasonOf } from '../../../platform/reason.js';
import { digestOf } from '../graph.js';
import { type Definition, DefinitionSchema, FileActionSchema, FileOpSchema, OpSchema } from '../proto/gen/pb_pb.js';
import { readElf } from './elf.js';

export const TOOLBOX_DIR = '/.bxtui-tools';
export const TOOLBOX_SHELL = [`${TOOLBOX_DIR}/busybox`, 'sh'] as const;

const ELF_HEAD_BYTES = 4096;
/** Messages of a gRPC call: 4 MiB on 20.10, 16 MiB later. The file travels inside of one. */
const SMALLEST_MESSAGE_LIMIT_BYTES = 4 << 20;
const MESSAGE_OVERHEAD_BYTES = 64 << 10;

export type Toolbox = { readonly path: string; readonly content: Buffer } | { readonly missing: string };

/** The busybox at BXTUI_TOOLBOX, else /bin/busybox, when it is static and runs on `platform` (`linux/amd64`); else why not. */
export async function findToolbox(platform: string, env: NodeJS.ProcessEnv): Promise<Toolbox> {
  const architecture = platform.split('/')[1] ?? '';
  const named = env.BXTUI_TOOLBOX;
  const path = named || '/bin/busybox';
  const subject = named ? `BXTUI_TOOLBOX=${path}` : path;
  try {
    const elf = readElf(await readHead(path));
    if (elf === null) return { missing: `${subject} is no program for Linux` };
    if (!elf.isStatic) return { missing: `${subject} is not static, so that it does not run in a foreign filesystem` };
    if (elf.architecture !== architecture)
      return { missing: `${subject} is for ${elf.architecture}, the engine runs ${architecture}` };
    const content = await readFile(path);
    if (content.length > SMALLEST_MESSAGE_LIMIT_BYTES - MESSAGE_OVERHEAD_BYTES) {
      return { missing: `${subject} is larger than the 3.9 MiB that an engine takes at once` };
    }
    return { path, content };
  } catch (error) {
    return { missing: `${subject} cannot be read (${reasonOf(error)})` };
  }
}

async function readHead(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const head = Buffer.alloc(ELF_HEAD_BYTES);
    const { bytesRead } = await file.read(head, 0, ELF_HEAD_BYTES, 0);
    return head.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** A filesystem with the program as `/busybox` and nothing else, as an LLB definition that carries its bytes. */
export function toolboxDefinition(content: Uint8Array, platform: string): Definition {
  const [OS = 'linux', Architecture = '', Variant = ''] = platform.split('/');
  const action = create(FileActionSchema, {
    input: -1n,
    secondaryInput: -1n,
    output: 0n,
    action: { case: 'mkfile', value: { path: '/busybox', mode: 0o755, data: content, timestamp: -1n } },
  });
  const file = toBinary(
    OpSchema,
    create(OpSchema, {
      op: { case: 'file', value: create(FileOpSchema, { actions: [action] }) },
      platform: { OS, Architecture, Variant },
      constraints: {},
    }),
  );
  const digest = digestOf(file);
  const terminal = toBinary(OpSchema, create(OpSchema, { inputs: [{ digest, index: 0n }] }));
  const description = { 'llb.customname': '[bxtui] toolbox' };
  return create(DefinitionSchema, {
    def: [file, terminal],
    metadata: {
      [digest]: { description, caps: { 'file.base': true } },
      [digestOf(terminal)]: { caps: { constraints: true, platform: true } },
    },
  });
}

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  create,
  type DescEnum,
  type DescFile,
  type DescMessage,
  type DescService,
  fromBinary,
  toBinary,
} from '@bufbuild/protobuf';
import { nestedTypes } from '@bufbuild/protobuf/reflect';
import { FileDescriptorProtoSchema, file_google_protobuf_descriptor } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import { describeFile, withBootedDescriptor } from '../../../../bin/descriptors.mjs';
import { bootFile } from '../../../../src/engine/buildkit/proto/boot-file.js';

const GENERATED = join(import.meta.dirname, '../../../../src/engine/buildkit/proto/gen');

const encodedOf = (file: DescFile): string => Buffer.from(toBinary(FileDescriptorProtoSchema, file.proto)).toString('base64');

/** The file and those that it imports, made anew. */
function reboot(file: DescFile): DescFile {
  return bootFile(describeFile(encodedOf(file)) ?? '', file.dependencies.map(reboot));
}

/** What another descriptor is named as where this one speaks of it. */
const NAMED = new Set(['message', 'enum', 'input', 'output', 'parent', 'file', 'oneof']);

/** All that a descriptor says, as it is read, but for the encoded form and for functions. */
function told(desc: object): unknown {
  const names = new Set<string>();
  for (let at = desc; at !== Object.prototype; at = Object.getPrototypeOf(at))
    for (const name of Object.getOwnPropertyNames(at)) names.add(name);
  const pairs = [...names].sort().flatMap((name): Array<[string, unknown]> => {
    const value = (desc as Record<string, unknown>)[name];
    if (typeof value === 'function' || name === 'proto') return [];
    if (NAMED.has(name)) return [[name, value === undefined ? undefined : String(value)]];
    if (Array.isArray(value)) return [[name, value.map((one) => (typeof one === 'object' ? told(one) : one))]];
    return [[name, typeof value === 'object' && value !== null ? Object.keys(value) : value]];
  });
  return { is: String(desc), ...Object.fromEntries(pairs) };
}

const typesOf = (file: DescFile): Array<DescMessage | DescEnum | DescService> =>
  [...nestedTypes(file)].filter((one) => one.kind !== 'extension');

/** A message with something in each of its fields. */
function filled(message: DescMessage, depth = 0): Record<string, unknown> {
  const one = (of: { scalar?: number | undefined; message?: DescMessage | undefined; enum?: DescEnum | undefined }): unknown => {
    if (of.message) return create(of.message, depth < 2 ? filled(of.message, depth + 1) : {});
    if (of.enum) return of.enum.values.at(-1)?.number;
    if (of.scalar === 12) return new Uint8Array([7]);
    if (of.scalar === 9) return 'text';
    if (of.scalar === 8) return true;
    return [3, 4, 6, 16, 18].includes(of.scalar ?? 0) ? 7n : 7;
  };
  const pairs = message.members.flatMap((member): Array<[string, unknown]> => {
    if (member.kind === 'oneof') {
      const field = member.fields.at(-1)!;
      return [[member.localName, { case: field.localName, value: one(field) }]];
    }
    if (member.fieldKind === 'list') return [[member.localName, [one(member), one(member)]]];
    if (member.fieldKind === 'map') return [[member.localName, { key: one(member) }]];
    return [[member.localName, one(member)]];
  });
  return Object.fromEntries(pairs);
}

describe('a descriptor in the bundle', () => {
  it.each(readdirSync(GENERATED))('says what the generated code of %s says, and encodes as it does', async (name) => {
    const module: Record<string, unknown> = await import(join(GENERATED, name));
    const file = Object.values(module).find((value): value is DescFile => (value as DescFile)?.kind === 'file');
    if (file === undefined) throw new Error(`${name} describes no file`);
    const booted = reboot(file);
    expect(told(booted)).toEqual(told(file));
    expect(typesOf(booted).map(told)).toEqual(typesOf(file).map(told));
    const messages = typesOf(booted).filter((one) => one.kind === 'message');
    for (const [at, message] of typesOf(file)
      .filter((one) => one.kind === 'message')
      .entries()) {
      const bytes = toBinary(message, create(message, filled(message) as never));
      const mine = messages[at]!;
      expect(toBinary(mine, create(mine, filled(mine) as never))).toEqual(bytes);
      expect(fromBinary(mine, bytes)).toEqual(fromBinary(message, bytes));
    }
  });

  it('is put in the place of the encoded one, and generated code without one is left alone', () => {
    const source = readFileSync(join(GENERATED, 'control_pb.ts'), 'utf8');
    const code = withBootedDescriptor(source, '/boot-file.ts') ?? '';
    expect(code).toMatch(/^import \{ bootFile as bxBootFile \} from "\/boot-file\.ts";\n/);
    expect(code).toMatch(/bxBootFile\("\{.*\}", \[.*file_pb.*\]\)/);
    expect(code).not.toMatch(/fileDesc/);
    expect(withBootedDescriptor('export const nothing = 1;', '/boot-file.ts')).toBeNull();
  });

  it('is left to the library where the rules of its syntax are others', () => {
    const encoded = encodedOf(file_google_protobuf_descriptor);
    expect(describeFile(encoded)).toBeNull();
    expect(withBootedDescriptor(`fileDesc("${encoded}")`, '/boot-file.ts')).toBeNull();
  });

  it('tells what it does not have', () => {
    const proto = create(FileDescriptorProtoSchema, {
      ...{ name: 'a.proto', package: 'a', syntax: 'proto3' },
      messageType: [{ name: 'M', field: [{ name: 'some_text', number: 3, type: 11, label: 1, typeName: '.b.N' }] }],
    });
    const encoded = Buffer.from(toBinary(FileDescriptorProtoSchema, proto)).toString('base64');
    const [message] = bootFile(describeFile(encoded) ?? '', []).messages;
    expect(() => message!.fields).toThrow('no type b.N in the file or in what it imports');
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { create, createFileRegistry, type DescFile, type DescMessage, toBinary } from '@bufbuild/protobuf';
import { type FileDescriptorProto, FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import { describeFile, withBootedDescriptor } from '../../../../bin/descriptors.mjs';
import { bootFile } from '../../../../src/engine/buildkit/proto/boot-file.js';

const GENERATED = join(import.meta.dirname, '../../../../src/engine/buildkit/proto/gen');

/** All that encoding, decoding and JSON go by. */
function summaryOf(message: DescMessage): unknown {
  return {
    typeName: message.typeName,
    file: message.file.name,
    oneofs: message.oneofs.map(({ localName }) => localName),
    fields: message.fields.map((field) => ({
      ...{ name: field.name, localName: field.localName, number: field.number, json: field.jsonName, kind: field.fieldKind },
      ...{ presence: field.presence, oneof: field.oneof?.localName, scalar: field.scalar, message: field.message?.typeName },
      enumeration: field.enum?.values.map(({ name, number }) => [name, number]),
      ...('packed' in field && { packed: field.packed }),
      ...('listKind' in field && { listKind: field.listKind }),
      ...('mapKind' in field && { mapKind: field.mapKind, mapKey: field.mapKey }),
      initial: field.fieldKind === 'scalar' || field.fieldKind === 'enum' ? field.getDefaultValue() : null,
    })),
    nested: message.nestedMessages.map(summaryOf),
  };
}

const summary = (file: DescFile) => ({
  ...{ name: file.name, edition: file.edition, deprecated: file.deprecated },
  dependencies: file.dependencies.map(({ name }) => name),
  messages: file.messages.map(summaryOf),
  enums: file.enums.map(({ typeName, open, values }) => [typeName, open, values.map(({ name, number }) => [name, number])]),
  services: file.services.map(({ typeName, methods }) => [
    typeName,
    methods.map((one) => [one.name, one.methodKind, one.input.typeName, one.output.typeName, one.idempotency]),
  ]),
});

describe('a descriptor in the bundle', () => {
  it.each(readdirSync(GENERATED))('says what the generated code of %s says', async (name) => {
    const module: Record<string, unknown> = await import(join(GENERATED, name));
    const file = Object.values(module).find((value): value is DescFile => (value as DescFile)?.kind === 'file');
    if (file === undefined) throw new Error(`${name} describes no file`);
    const encoded = Buffer.from(toBinary(FileDescriptorProtoSchema, file.proto)).toString('base64');
    expect(summary(bootFile(describeFile(encoded), file.dependencies))).toEqual(summary(file));
    // What an own property is, and what is not, tells a field that is set from one that is not.
    const booted = bootFile(describeFile(encoded), file.dependencies).proto as FileDescriptorProto;
    expect(Object.hasOwn(booted, 'edition')).toBe(Object.hasOwn(file.proto, 'edition'));
    expect(
      createFileRegistry(booted, (wanted) => file.dependencies.find((one) => one.proto.name === wanted)).getFile(file.proto.name),
    ).toBeDefined();
  });

  it('is put in the place of the encoded one, and generated code without one is left alone', () => {
    const source = readFileSync(join(GENERATED, 'control_pb.ts'), 'utf8');
    const code = withBootedDescriptor(source, '/boot-file.ts') ?? '';
    expect(code).toMatch(/^import \{ bootFile as bxBootFile \} from "\/boot-file\.ts";\n/);
    expect(code).toMatch(/bxBootFile\("\{.*\}", \[.*file_pb.*\]\)/);
    expect(code).not.toMatch(/fileDesc\("/);
    expect(withBootedDescriptor('export const nothing = 1;', '/boot-file.ts')).toBeNull();
  });

  it('makes messages with the same fields in the same form', () => {
    const file = bootFile(
      describeFile(
        Buffer.from(
          toBinary(
            FileDescriptorProtoSchema,
            create(FileDescriptorProtoSchema, {
              ...{ name: 'a.proto', package: 'a', syntax: 'proto3' },
              messageType: [{ name: 'M', field: [{ name: 'some_text', number: 3, type: 9, label: 1 }] }],
            }),
          ),
        ).toString('base64'),
      ),
      [],
    );
    const message = file.messages[0]!;
    expect(message.fields[0]).toMatchObject({ localName: 'someText', jsonName: 'someText' });
    expect([...toBinary(message, create(message, { someText: 'x' } as never))]).toEqual([0x1a, 1, 0x78]);
  });
});

/**
 * A file's protobuf descriptor from the fields that are set in it, as JSON: what the library makes of the encoded form, without decoding.
 * The bundle puts it in the place of the library's own (bin/descriptors.mjs).
 */
import { createFileRegistry, type DescFile } from '@bufbuild/protobuf';
import type { DescriptorProto, FieldDescriptorProto, FileDescriptorProto } from '@bufbuild/protobuf/wkt';

const NONE: readonly never[] = Object.freeze([]);

/** Fields that are not set, by what they are set in (google/protobuf/descriptor.proto). They are inherited: an own one would count as set. */
const UNSET = {
  file: {
    $typeName: 'google.protobuf.FileDescriptorProto',
    ...{ name: '', package: '', syntax: '', edition: 0, dependency: NONE, publicDependency: NONE, weakDependency: NONE },
    ...{ optionDependency: NONE, messageType: NONE, enumType: NONE, service: NONE, extension: NONE },
  },
  message: {
    $typeName: 'google.protobuf.DescriptorProto',
    ...{ name: '', visibility: 0, field: NONE, extension: NONE, nestedType: NONE, enumType: NONE, extensionRange: NONE },
    ...{ oneofDecl: NONE, reservedRange: NONE, reservedName: NONE },
  },
  field: {
    $typeName: 'google.protobuf.FieldDescriptorProto',
    ...{ name: '', number: 0, label: 1, type: 1, typeName: '', extendee: '', defaultValue: '', oneofIndex: 0, jsonName: '' },
    proto3Optional: false,
  },
  enum: {
    $typeName: 'google.protobuf.EnumDescriptorProto',
    ...{ name: '', visibility: 0, value: NONE, reservedRange: NONE, reservedName: NONE },
  },
  value: { $typeName: 'google.protobuf.EnumValueDescriptorProto', name: '', number: 0 },
  service: { $typeName: 'google.protobuf.ServiceDescriptorProto', name: '', method: NONE },
  method: {
    $typeName: 'google.protobuf.MethodDescriptorProto',
    ...{ name: '', inputType: '', outputType: '', clientStreaming: false, serverStreaming: false },
  },
} as const;

/** `json`: a FileDescriptorProto without its empty lists. `imports`: the files that it names. */
export function bootFile(json: string, imports: readonly DescFile[]): DescFile {
  const file = inherit(JSON.parse(json) as FileDescriptorProto, UNSET.file);
  file.messageType.forEach(bootMessage);
  file.enumType.forEach(bootEnum);
  for (const service of file.service) {
    inherit(service, UNSET.service);
    for (const method of service.method) inherit(method, UNSET.method);
  }
  file.dependency = imports.map(({ proto }) => proto.name);
  const registry = createFileRegistry(file, (name) => imports.find(({ proto }) => proto.name === name));
  return registry.getFile(file.name)!;
}

function bootMessage(message: DescriptorProto): void {
  inherit(message, UNSET.message);
  for (const field of message.field) inherit<FieldDescriptorProto>(field, UNSET.field);
  message.nestedType.forEach(bootMessage);
  message.enumType.forEach(bootEnum);
}

function bootEnum(one: FileDescriptorProto['enumType'][number]): void {
  inherit(one, UNSET.enum);
  for (const value of one.value) inherit(value, UNSET.value);
}

function inherit<T extends object>(target: T, unset: object): T {
  return Object.setPrototypeOf(target, unset) as T;
}

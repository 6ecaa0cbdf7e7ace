/**
 * Protobuf descriptors for the bundle. The generated code has them encoded, and decoding them takes the description of descriptors
 * themselves, at every start; the bundle has their fields as JSON, from which `bootFile` makes what is used.
 */
import { create, createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import { protoCamelCase } from '@bufbuild/protobuf/reflect';
import { base64Decode } from '@bufbuild/protobuf/wire';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';

const TYPE_GROUP = 10;

/** @typedef {import('@bufbuild/protobuf/wkt').FileDescriptorProto} FileProto */
/** @typedef {import('@bufbuild/protobuf/wkt').DescriptorProto} MessageProto */
/** @typedef {import('@bufbuild/protobuf/wkt').EnumDescriptorProto} EnumProto */

/** What `bootFile` (src/engine/buildkit/proto/boot-file.ts) takes: the fields that are set. Null: it cannot make this one. @param {string} encoded base64 */
export function describeFile(encoded) {
  const file = fromBinary(FileDescriptorProtoSchema, base64Decode(encoded));
  if (file.syntax !== 'proto3' || file.extension.length > 0 || !file.messageType.every(isPlain)) return null;
  file.messageType.forEach(restoreJsonNames);
  const prefixes = new Map(enumsOf(file).map((one) => [one, sharedPrefix(one)]));
  return JSON.stringify(file, (key, value) => {
    const isLeftOut = key === '$typeName' || key === '$unknown' || (Array.isArray(value) && value.length === 0);
    if (isLeftOut) return undefined;
    return prefixes.has(value) ? { ...value, sharedPrefix: prefixes.get(value) } : value;
  });
}

/** Of options only that one is the entry of a map. @param {MessageProto} message @returns {boolean} */
function isPlain(message) {
  const isUsual = message.field.every(({ type, options }) => type !== TYPE_GROUP && options?.packed === undefined);
  return isUsual && message.extension.length === 0 && message.nestedType.every(isPlain);
}

/** The generator leaves names out that follow from others. @param {MessageProto} message */
function restoreJsonNames(message) {
  for (const field of message.field) if (field.jsonName === '') field.jsonName = protoCamelCase(field.name);
  message.nestedType.forEach(restoreJsonNames);
}

/** @param {FileProto | MessageProto} scope @returns {EnumProto[]} */
function enumsOf(scope) {
  return [...scope.enumType, ...('messageType' in scope ? scope.messageType : scope.nestedType).flatMap(enumsOf)];
}

/** As the library finds it. @param {EnumProto} enumType */
function sharedPrefix(enumType) {
  const file = create(FileDescriptorProtoSchema, { name: 'one.proto', syntax: 'proto3', enumType: [enumType] });
  return createFileRegistry(file, () => undefined).getEnum(enumType.name)?.sharedPrefix;
}

/** Of generated code, the same with its descriptor as JSON; null when it has none, or one that is left to the library. @param {string} code @param {string} bootFile module that has `bootFile` */
export function withBootedDescriptor(code, bootFile) {
  const call = /fileDesc\("([A-Za-z0-9+/=]+)"(?:, (\[[^\]]*\]))?\)/;
  const match = call.exec(code);
  if (match === null) return null;
  const [, encoded = '', imports = '[]'] = match;
  const described = describeFile(encoded);
  if (described === null) return null;
  const booted = `bxBootFile(${JSON.stringify(described)}, ${imports})`;
  // What the library decodes with is not to be loaded for nothing.
  const rest = code
    .replace(call, () => booted)
    .replace(/(import \{[^}]*?)\bfileDesc,? ?/, '$1')
    .replace(/^import \{\s*\} from [^;]+;$/m, '');
  return `import { bootFile as bxBootFile } from ${JSON.stringify(bootFile)};\n${rest}`;
}

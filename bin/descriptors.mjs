/**
 * Protobuf descriptors for the bundle. The generated code has them encoded, and decoding them takes the description of descriptors
 * themselves, at every start; the bundle has them as the objects that decoding gives.
 */
import { fromBinary } from '@bufbuild/protobuf';
import { protoCamelCase } from '@bufbuild/protobuf/reflect';
import { base64Decode } from '@bufbuild/protobuf/wire';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';

/** What `bootFile` (src/engine/buildkit/proto/boot-file.ts) takes: the fields that are set. @param {string} encoded base64 */
export function describeFile(encoded) {
  const file = fromBinary(FileDescriptorProtoSchema, base64Decode(encoded));
  file.messageType.forEach(restoreJsonNames);
  return JSON.stringify(file, (key, value) => {
    const isLeftOut = key === '$typeName' || key === '$unknown' || (Array.isArray(value) && value.length === 0);
    return isLeftOut ? undefined : value;
  });
}

/** The generator leaves names out that follow from others. @param {import('@bufbuild/protobuf/wkt').DescriptorProto} message */
function restoreJsonNames(message) {
  for (const field of message.field) if (field.jsonName === '') field.jsonName = protoCamelCase(field.name);
  message.nestedType.forEach(restoreJsonNames);
}

/** Of generated code, the same with its descriptor as objects; null when it has none. @param {string} code @param {string} bootFile module that has `bootFile` */
export function withBootedDescriptor(code, bootFile) {
  const call = /fileDesc\("([A-Za-z0-9+/=]+)"(?:, (\[[^\]]*\]))?\)/;
  const match = call.exec(code);
  if (match === null) return null;
  const [, encoded = '', imports = '[]'] = match;
  const booted = `bxBootFile(${JSON.stringify(describeFile(encoded))}, ${imports})`;
  return `import { bootFile as bxBootFile } from ${JSON.stringify(bootFile)};\n${code.replace(call, () => booted)}`;
}

/**
 * A proto3 file's descriptor from the fields that are set in it, as JSON: what the library makes of the encoded form, without decoding, and of
 * each message only when it is first used. A start has dozens of messages at hand and uses few. The bundle puts it in the place of the
 * library's own (bin/descriptors.mjs); what a descriptor says is the library's business (@bufbuild/protobuf, registry.ts).
 */
import {
  type DescEnum,
  type DescEnumValue,
  type DescField,
  type DescFile,
  type DescMessage,
  type DescMethod,
  type DescOneof,
  type DescService,
  ScalarType,
} from '@bufbuild/protobuf';
import { protoCamelCase, safeObjectProperty } from '@bufbuild/protobuf/reflect';

/** The JSON of a `FileDescriptorProto` (google/protobuf/descriptor.proto) as `describeFile` writes it. */
interface FileJson {
  readonly name: string;
  readonly package?: string;
  readonly messageType?: readonly MessageJson[];
  readonly enumType?: readonly EnumJson[];
  readonly service?: readonly ServiceJson[];
}

interface MessageJson {
  readonly name: string;
  readonly field?: readonly FieldJson[];
  readonly nestedType?: readonly MessageJson[];
  readonly enumType?: readonly EnumJson[];
  readonly oneofDecl?: ReadonlyArray<{ readonly name: string }>;
  readonly options?: { readonly mapEntry?: boolean };
}

interface FieldJson {
  readonly name: string;
  readonly jsonName: string;
  readonly number: number;
  readonly label: number;
  readonly type: number;
  readonly typeName?: string;
  readonly oneofIndex?: number;
  readonly proto3Optional?: boolean;
}

interface EnumJson {
  readonly name: string;
  readonly value: ReadonlyArray<{ readonly name: string; readonly number?: number }>;
  /** What all names of its values begin with. */
  readonly sharedPrefix?: string;
}

interface ServiceJson {
  readonly name: string;
  readonly method?: ReadonlyArray<{
    readonly name: string;
    readonly inputType: string;
    readonly outputType: string;
    readonly clientStreaming?: boolean;
    readonly serverStreaming?: boolean;
  }>;
}

const EDITION_PROTO3 = 999;
const LABEL_REPEATED = 3;
const TYPE_MESSAGE = 11;
const TYPE_ENUM = 14;
/** `google.protobuf.FeatureSet.FieldPresence`. */
const EXPLICIT = 1;
const IMPLICIT = 2;
const IDEMPOTENCY_UNKNOWN = 0;

const NONE: never[] = [];
const noDefault = (): undefined => undefined;

/** Types by their full names, those of files that this one names included. */
interface Types {
  message(typeName: string | undefined): DescMessage;
  enumeration(typeName: string | undefined): DescEnum;
}

/** Of files that were made here. */
const known = new WeakMap<DescFile, ReadonlyMap<string, DescMessage | DescEnum>>();

/** `json`: what `describeFile` gives for a proto3 file without extensions, groups and options. `imports`: the files that it names. */
export function bootFile(json: string, imports: readonly DescFile[]): DescFile {
  const proto = JSON.parse(json) as FileJson;
  const own = new Map<string, DescMessage | DescEnum>();
  const file = {
    ...{ kind: 'file', edition: EDITION_PROTO3, name: proto.name.replace(/\.proto$/, ''), deprecated: false },
    ...{ dependencies: [...imports], messages: [], enums: [], extensions: NONE, services: [] },
    proto: { package: '', ...proto },
    toString: () => `file ${proto.name}`,
  } as unknown as DescFile;
  known.set(file, own);
  const types: Types = {
    message: (name) => find(name, own, imports) as DescMessage,
    enumeration: (name) => find(name, own, imports) as DescEnum,
  };
  const scope = proto.package ? `${proto.package}.` : '';
  for (const one of proto.enumType ?? NONE) file.enums.push(new Enumeration(one, scope, file, undefined, own));
  for (const one of proto.messageType ?? NONE) file.messages.push(new Message(one, scope, file, undefined, { own, types }));
  for (const one of proto.service ?? NONE) file.services.push(new Service(one, scope, file, types));
  return file;
}

function find(
  typeName: string | undefined,
  own: ReadonlyMap<string, DescMessage | DescEnum>,
  imports: readonly DescFile[],
): DescMessage | DescEnum {
  const name = typeName?.replace(/^\./, '') ?? '';
  const found = own.get(name) ?? imports.flatMap((file) => known.get(file)?.get(name) ?? []).at(0);
  if (found === undefined) throw new Error(`no type ${name} in the file or in what it imports`);
  return found;
}

class Message implements DescMessage {
  readonly kind = 'message';
  readonly deprecated = false;
  readonly name: string;
  readonly typeName: string;
  readonly nestedEnums: DescEnum[] = [];
  readonly nestedMessages: DescMessage[] = [];
  readonly nestedExtensions: DescMessage['nestedExtensions'] = [];
  readonly proto: DescMessage['proto'];
  readonly #json: MessageJson;
  readonly #types: Types;
  #parts: Parts | null = null;

  constructor(
    json: MessageJson,
    scope: string,
    readonly file: DescFile,
    readonly parent: DescMessage | undefined,
    { own, types }: { readonly own: Map<string, DescMessage | DescEnum>; readonly types: Types },
  ) {
    this.#json = json;
    this.#types = types;
    this.proto = json as unknown as DescMessage['proto'];
    this.name = json.name;
    this.typeName = scope + json.name;
    own.set(this.typeName, this);
    const inner = `${this.typeName}.`;
    for (const one of json.enumType ?? NONE) this.nestedEnums.push(new Enumeration(one, inner, file, this, own));
    for (const one of json.nestedType ?? NONE) {
      const nested = new Message(one, inner, file, this, { own, types });
      // Entries of maps are no messages to anybody but their fields.
      if (one.options?.mapEntry !== true) this.nestedMessages.push(nested);
    }
  }

  get fields(): DescField[] {
    return this.#made().fields;
  }

  get field(): Record<string, DescField> {
    return this.#made().field;
  }

  get oneofs(): DescOneof[] {
    return this.#made().oneofs;
  }

  get members(): Array<DescField | DescOneof> {
    return this.#made().members;
  }

  toString(): string {
    return `message ${this.typeName}`;
  }

  #made(): Parts {
    this.#parts ??= partsOf(this, this.#json, this.#types);
    return this.#parts;
  }
}

interface Parts {
  readonly fields: DescField[];
  readonly field: Record<string, DescField>;
  readonly oneofs: DescOneof[];
  readonly members: Array<DescField | DescOneof>;
}

function partsOf(message: DescMessage, json: MessageJson, types: Types): Parts {
  const parts: Parts = { fields: [], field: {}, oneofs: [], members: [] };
  const groups = (json.oneofDecl ?? NONE).map((proto): DescOneof => {
    const localName = safeObjectProperty(protoCamelCase(proto.name));
    return {
      ...{ kind: 'oneof', proto, deprecated: false, parent: message, fields: [], name: proto.name, localName },
      toString: () => `oneof ${message.typeName}.${proto.name}`,
    } as unknown as DescOneof;
  });
  for (const proto of json.field ?? NONE) {
    const group = proto.oneofIndex === undefined || proto.proto3Optional ? undefined : groups[proto.oneofIndex];
    const field = fieldOf(proto, message, group, types);
    parts.fields.push(field);
    parts.field[field.localName] = field;
    if (group === undefined) parts.members.push(field);
    else {
      if (group.fields.length === 0) parts.members.push(group);
      group.fields.push(field);
    }
  }
  // An optional field has a group of its own that is none to the library.
  parts.oneofs.push(...groups.filter(({ fields }) => fields.length > 0));
  return parts;
}

function fieldOf(proto: FieldJson, parent: DescMessage, oneof: DescOneof | undefined, types: Types): DescField {
  const isRepeated = proto.label === LABEL_REPEATED;
  const isExplicit = oneof !== undefined || proto.proto3Optional === true || proto.type === TYPE_MESSAGE;
  const camel = protoCamelCase(proto.name);
  const { name, number, jsonName } = proto;
  const field = {
    ...{ kind: 'field', proto, deprecated: false, name, number, parent, oneof, jsonName },
    localName: oneof ? camel : safeObjectProperty(camel),
    presence: !isRepeated && isExplicit ? EXPLICIT : IMPLICIT,
    utf8Validation: true,
    ...{ scalar: undefined, message: undefined, enum: undefined, listKind: undefined, mapKind: undefined, mapKey: undefined },
    ...{ delimitedEncoding: undefined, packed: undefined, longAsString: false, getDefaultValue: undefined },
    toString: () => `field ${parent.typeName}.${name}`,
    ...typeOf(proto, isRepeated, types),
  };
  return field as unknown as DescField;
}

/** What a field holds, in the words of `DescField`. */
function typeOf(proto: FieldJson, isRepeated: boolean, types: Types): object {
  const { type, typeName } = proto;
  if (type === TYPE_MESSAGE) {
    const message = types.message(typeName);
    if (!isRepeated) return { fieldKind: 'message', message, delimitedEncoding: false, getDefaultValue: noDefault };
    if ((message.proto.options as MessageJson['options'])?.mapEntry === true) return mapOf(message);
    return { fieldKind: 'list', listKind: 'message', message, delimitedEncoding: false, packed: false };
  }
  if (type === TYPE_ENUM) {
    const one = types.enumeration(typeName);
    return isRepeated
      ? { fieldKind: 'list', listKind: 'enum', enum: one, packed: true }
      : { fieldKind: 'enum', enum: one, getDefaultValue: noDefault };
  }
  const isPacked = type !== ScalarType.STRING && type !== ScalarType.BYTES;
  return isRepeated
    ? { fieldKind: 'list', listKind: 'scalar', scalar: type, packed: isPacked }
    : { fieldKind: 'scalar', scalar: type, getDefaultValue: noDefault };
}

function mapOf(entry: DescMessage): object {
  const [key, value] = [1, 2].map((number) => entry.fields.find((field) => field.number === number));
  return {
    ...{ fieldKind: 'map', mapKey: key?.scalar, mapKind: value?.fieldKind, delimitedEncoding: false },
    ...{ message: value?.message, enum: value?.enum, scalar: value?.scalar },
  };
}

class Enumeration implements DescEnum {
  readonly kind = 'enum';
  readonly deprecated = false;
  readonly open = true;
  readonly name: string;
  readonly typeName: string;
  readonly sharedPrefix: string | undefined;
  readonly proto: DescEnum['proto'];
  readonly #json: EnumJson;
  #values: DescEnumValue[] | null = null;
  #byNumber: Record<number, DescEnumValue> | null = null;

  constructor(
    json: EnumJson,
    scope: string,
    readonly file: DescFile,
    readonly parent: DescMessage | undefined,
    own: Map<string, DescMessage | DescEnum>,
  ) {
    this.#json = json;
    this.proto = json as unknown as DescEnum['proto'];
    this.name = json.name;
    this.typeName = scope + json.name;
    this.sharedPrefix = json.sharedPrefix;
    own.set(this.typeName, this);
  }

  get values(): DescEnumValue[] {
    this.#values ??= this.#json.value.map((proto) => {
      const { name, number = 0 } = proto;
      const localName = safeObjectProperty(name.slice(this.sharedPrefix?.length ?? 0));
      return {
        ...{ kind: 'enum_value', proto, deprecated: false, parent: this, name, localName, number },
        toString: () => `enum value ${this.typeName}.${name}`,
      } as unknown as DescEnumValue;
    });
    return this.#values;
  }

  get value(): Record<number, DescEnumValue> {
    this.#byNumber ??= Object.fromEntries(this.values.map((value) => [value.number, value]));
    return this.#byNumber;
  }

  toString(): string {
    return `enum ${this.typeName}`;
  }
}

class Service implements DescService {
  readonly kind = 'service';
  readonly deprecated = false;
  readonly name: string;
  readonly typeName: string;
  readonly proto: DescService['proto'];
  readonly #json: ServiceJson;
  readonly #types: Types;
  #methods: DescMethod[] | null = null;
  #byName: Record<string, DescMethod> | null = null;

  constructor(
    json: ServiceJson,
    scope: string,
    readonly file: DescFile,
    types: Types,
  ) {
    this.#json = json;
    this.#types = types;
    this.proto = json as unknown as DescService['proto'];
    this.name = json.name;
    this.typeName = scope + json.name;
  }

  get methods(): DescMethod[] {
    this.#methods ??= (this.#json.method ?? NONE).map((proto) => {
      const { name, clientStreaming = false, serverStreaming = false } = proto;
      const method = {
        ...{ kind: 'rpc', proto, deprecated: false, parent: this, name, idempotency: IDEMPOTENCY_UNKNOWN },
        localName: safeObjectProperty(name.slice(0, 1).toLowerCase() + name.slice(1)),
        methodKind: KINDS[Number(clientStreaming) * 2 + Number(serverStreaming)],
        input: this.#types.message(proto.inputType),
        output: this.#types.message(proto.outputType),
        toString: () => `rpc ${this.typeName}.${name}`,
      };
      return method as unknown as DescMethod;
    });
    return this.#methods;
  }

  get method(): DescService['method'] {
    this.#byName ??= Object.fromEntries(this.methods.map((method) => [method.localName, method]));
    return this.#byName as DescService['method'];
  }

  toString(): string {
    return `service ${this.typeName}`;
  }
}

const KINDS = ['unary', 'server_streaming', 'client_streaming', 'bidi_streaming'] as const;

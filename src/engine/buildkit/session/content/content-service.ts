/**
 * Directories of this machine as stores of blobs that the engine reads and writes: caches and image layouts (BuildKit, session/content; containerd,
 * plugins/services/content/contentserver). Which one a call means is in its metadata.
 */
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError, type ConnectRouter, type HandlerContext } from '@connectrpc/connect';
import { toBxError } from '../../../../platform/errors.js';
import { Content, WriteAction, type WriteContentRequest } from '../../proto/gen/content_pb.js';
import { type BlobInfo, type BlobStore, type BlobWriter, createBlobStore } from './blob-store.js';

const STORE_ID = 'buildkit-attachable-store-id';

/** `directories`: by the ids under which the engine knows them. */
export function registerContent(router: ConnectRouter, directories: ReadonlyMap<string, string>): void {
  const choose = (context: HandlerContext): BlobStore => {
    const id = context.requestHeader.get(STORE_ID) ?? '';
    const directory = directories.get(id);
    if (directory === undefined) throw new ConnectError(`unknown store ${id}`, Code.NotFound);
    return createBlobStore(directory);
  };
  router.service(Content, {
    async info({ digest }, context) {
      return { info: described(await found(choose(context), digest)) };
    },
    async *list(_request, context) {
      yield { info: (await choose(context).list().catch(rethrow)).map(described) };
    },
    async delete({ digest }, context) {
      await choose(context).remove(digest).catch(rethrow);
      return {};
    },
    async *read({ digest, offset, size }, context) {
      const store = choose(context);
      const blob = await found(store, digest);
      let at = Math.max(0, Number(offset));
      if (at > blob.size) throw new ConnectError(`${digest} has ${blob.size} bytes only`, Code.OutOfRange);
      if (at === blob.size) return;
      for await (const data of store.read(digest, at, Number(size))) {
        yield { offset: BigInt(at), data: new Uint8Array(data) };
        at += data.length;
      }
    },
    // A transfer that was broken off leaves nothing that could be gone on with.
    status({ ref }) {
      throw new ConnectError(`nothing is being written as ${ref}`, Code.NotFound);
    },
    listStatuses: () => ({ statuses: [] }),
    abort: () => ({}),
    write: (requests, context) => writeBlob(choose(context), requests),
  });
}

async function* writeBlob(store: BlobStore, requests: AsyncIterable<WriteContentRequest>) {
  const startedAt = timestampFromDate(new Date());
  let writer: BlobWriter | null = null;
  let total = 0;
  let expected = '';
  try {
    for await (const request of requests) {
      if (writer === null && request.ref === '')
        throw new ConnectError('the first message names no transfer', Code.InvalidArgument);
      writer ??= await store.write();
      if (request.total > 0n) total = Number(request.total);
      if (request.expected !== '') {
        expected = request.expected;
        if (await store.info(expected)) throw new ConnectError(`${expected} is there already`, Code.AlreadyExists);
      }
      if (request.action !== WriteAction.STAT) await append(writer, Number(request.offset), request.data);
      const isLast = request.action === WriteAction.COMMIT;
      const offset = BigInt(writer.offset);
      const digest = isLast ? await writer.commit(total, expected) : '';
      yield { action: request.action, offset, total: BigInt(total), digest, startedAt, updatedAt: timestampFromDate(new Date()) };
      if (isLast) return;
    }
  } catch (error) {
    rethrow(error);
  } finally {
    await writer?.dispose();
  }
}

/** Offset 0 means from the beginning, also when something was written already. */
async function append(writer: BlobWriter, offset: number, data: Uint8Array): Promise<void> {
  if (offset > 0 && offset !== writer.offset) {
    throw new ConnectError(`a write at ${offset} where ${writer.offset} bytes are`, Code.OutOfRange);
  }
  if (offset === 0 && writer.offset > 0) await writer.clear();
  if (data.length > 0) await writer.append(data);
}

async function found(store: BlobStore, digest: string): Promise<BlobInfo> {
  const info = await store.info(digest).catch(rethrow);
  if (info) return info;
  throw new ConnectError(`there is no ${digest}`, Code.NotFound);
}

function described({ digest, size, changedAt }: BlobInfo) {
  const at = timestampFromDate(changedAt);
  return { digest, size: BigInt(size), createdAt: at, updatedAt: at, labels: {} };
}

function rethrow(thrown: unknown): never {
  if (thrown instanceof ConnectError) throw thrown;
  const error = toBxError(thrown);
  throw new ConnectError(
    error.message,
    error.code === 'input' ? Code.InvalidArgument : Code.Unknown,
    undefined,
    undefined,
    error,
  );
}

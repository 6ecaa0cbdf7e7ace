/**
 * A tree of files from the `local` exporter (fsutil's protocol with us as the receiver). It is built in a directory inside of the
 * destination and moved into its place when it is complete; what is there already and not in the tree stays.
 */
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { dirname, join } from 'node:path';
import { BxError } from '../../../../platform/errors.js';
import { type DecodedStat, decodePacket, decodeStat, encodeMarker, encodeRequest, PacketType } from '../filesync/packets.js';
import type { GrpcServerCall } from '../grpc-stream.js';
import { createStagedTree } from './staged-tree.js';
import { writeFailure } from './target.js';

/** Files asked for at once: enough to keep the engine busy, few enough to bound what is open here. */
const REQUESTS_IN_FLIGHT = 64;

export async function receiveTree(
  call: GrpcServerCall,
  dest: string,
  signal: AbortSignal,
  onBytes: (bytes: number, files: number) => void,
): Promise<void> {
  let hadDest = true;
  let staging = '';
  try {
    hadDest = fs.existsSync(dest);
    makeDirectories(dest);
    staging = join(dest, `.bxtui-export-${randomBytes(6).toString('hex')}`);
    fs.mkdirSync(staging, { mode: 0o700 });
    const tree = createStagedTree(staging);
    await fill(call, tree, signal, onBytes);
    tree.moveInto(dest);
  } catch (error) {
    throw writeFailure(dest, error);
  } finally {
    if (staging !== '') fs.rmSync(staging, { recursive: true, force: true });
    if (!hadDest) removeIfEmpty(dest);
  }
}

/** For their owner only, as docker makes them. Not `mkdirSync` with `recursive`: Node 20 never returns from it where a directory cannot be made (below /proc, for example). */
function makeDirectories(dir: string): void {
  if (fs.statSync(dir, { throwIfNoEntry: false })?.isDirectory()) return;
  const parent = dirname(dir);
  if (parent !== dir) makeDirectories(parent);
  fs.mkdirSync(dir, { mode: 0o700 });
}

function removeIfEmpty(dir: string): void {
  try {
    fs.rmdirSync(dir);
  } catch {}
}

function fill(
  call: GrpcServerCall,
  tree: ReturnType<typeof createStagedTree>,
  signal: AbortSignal,
  onBytes: (bytes: number, files: number) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const toRequest: number[] = [];
    const inFlight = new Map<number, DecodedStat>();
    const wanted = new Map<number, DecodedStat>();
    let nextId = 0;
    let hasAllEntries = false;
    let isFinishing = false;
    let outgoing: Promise<void> = Promise.resolve();
    const fail = (error: unknown): void => {
      signal.removeEventListener('abort', onAbort);
      tree.closeAll();
      reject(error);
    };
    const onAbort = (): void => fail(new BxError('cancelled', 'the export was broken off'));
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });

    const send = (frames: Buffer): void => {
      outgoing = outgoing.then(() => call.write(frames));
      outgoing.catch(fail);
    };
    const requestMore = (): void => {
      while (inFlight.size < REQUESTS_IN_FLIGHT && toRequest.length > 0) {
        const id = toRequest.shift()!;
        inFlight.set(id, wanted.get(id)!);
        wanted.delete(id);
        send(encodeRequest(id));
      }
      if (hasAllEntries && !isFinishing && inFlight.size === 0 && toRequest.length === 0) {
        isFinishing = true;
        send(encodeMarker(PacketType.fin));
      }
    };

    call.onMessage((message) => {
      const packet = decodePacket(message);
      onBytes(message.length, 0);
      switch (packet.type) {
        case PacketType.stat: {
          if (!packet.stat) {
            hasAllEntries = true;
            break;
          }
          const stat = decodeStat(packet.stat);
          const id = nextId++;
          if (!tree.add(stat)) break;
          wanted.set(id, stat);
          toRequest.push(id);
          break;
        }
        case PacketType.data: {
          const stat = inFlight.get(packet.id);
          if (!stat) throw new BxError('engine', `the engine sent content for file ${packet.id}, which was not asked for`);
          if (packet.data.length > 0) tree.write(stat, packet.data);
          else {
            tree.finishFile(stat);
            inFlight.delete(packet.id);
            onBytes(0, 1);
          }
          break;
        }
        case PacketType.error:
          throw new BxError('engine', `the engine could not send the result: ${packet.data.toString('utf8')}`);
        case PacketType.fin:
          signal.removeEventListener('abort', onAbort);
          resolve();
          return;
      }
      requestMore();
    }, fail);
    call.onEnd(() => {
      if (!isFinishing) fail(new BxError('engine-lost', 'the engine broke the export off'));
    });
  });
}

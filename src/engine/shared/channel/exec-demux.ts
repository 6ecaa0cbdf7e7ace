/**
 * What a Docker Engine wraps the output of an exec without a tty in: eight bytes before each piece, the first of which tells stdout from stderr, the
 * last four its length (Engine API, ContainerAttach).
 */
const HEADER_BYTES = 8;
const STDERR = 2;

export interface ExecDemux {
  /** The bytes of stdout, in pieces of the chunk itself. */
  decode(chunk: Buffer): Buffer[];
  /** The newest of what came on stderr, and of what came without a header, as an engine's own complaint does. */
  said(): string;
}

const SAID_BYTES = 4096;

export function createExecDemux(): ExecDemux {
  let head: Buffer = Buffer.alloc(0);
  let left = 0;
  let isStdout = true;
  let isRaw = false;
  let said = '';
  const say = (bytes: Buffer): void => {
    said = (said + bytes.toString('utf8')).slice(-SAID_BYTES);
  };
  return {
    decode(chunk) {
      const parts: Buffer[] = [];
      let rest = chunk;
      while (rest.length > 0) {
        if (isRaw) {
          say(rest);
          break;
        }
        if (left === 0) {
          const taken = rest.subarray(0, HEADER_BYTES - head.length);
          rest = rest.subarray(taken.length);
          head = Buffer.concat([head, taken]);
          if (head[0]! > STDERR) {
            isRaw = true;
            say(head);
            continue;
          }
          if (head.length < HEADER_BYTES) break;
          isStdout = head[0] !== STDERR;
          left = head.readUInt32BE(4);
          head = Buffer.alloc(0);
          continue;
        }
        const piece = rest.subarray(0, left);
        rest = rest.subarray(piece.length);
        left -= piece.length;
        if (isStdout) parts.push(piece);
        else say(piece);
      }
      return parts;
    },
    said: () => said.trim(),
  };
}

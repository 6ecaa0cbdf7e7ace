/** What an exec's connection carries: with a tty plain bytes, without one both outputs in frames (Engine API, container attach). Pure. */

/** Hands on the payload of both outputs, in their order. */
export function createDemux(onData: (data: Uint8Array) => void): (chunk: Uint8Array) => void {
  let head: Buffer = Buffer.alloc(0);
  let left = 0;
  return (chunk) => {
    let rest: Buffer = Buffer.from(chunk);
    while (rest.length > 0) {
      if (left > 0) {
        const part = rest.subarray(0, left);
        left -= part.length;
        rest = rest.subarray(part.length);
        onData(part);
        continue;
      }
      const missing = 8 - head.length;
      head = Buffer.concat([head, rest.subarray(0, missing)]);
      rest = rest.subarray(missing);
      if (head.length < 8) return;
      left = head.readUInt32BE(4);
      head = Buffer.alloc(0);
    }
  };
}

/** How the output begins of a program that could not be started; nothing else comes then. */
export const NOT_STARTED =
  /^(?:OCI runtime exec failed|unable to find user |unable to find group |Error: [^\n]*: OCI (?:runtime|permission))/;

/** Podman's, whose words are those of its runtime (runc, crun); so may a program's begin, which runs then. */
export function mayBeProgram(text: string): boolean {
  return text === '' || text.startsWith('Error: ');
}

/** As long as that is how it begins, it may still be that nothing runs. */
export function mayBeRefusal(text: string): boolean {
  return (
    NOT_STARTED.test(text) || ['OCI runtime exec failed', 'Error: '].some((one) => one.startsWith(text) || text.startsWith(one))
  );
}

export const NO_PROGRAM = 'OCI runtime exec failed: executable file not found in $PATH';

/** True: there is no such program. */
export function isMissingProgram(text: string): boolean {
  return /executable file .*not found|no such file or directory|command that was not found/i.test(text) && NOT_STARTED.test(text);
}

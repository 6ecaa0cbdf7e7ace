/** Who has sent the first bytes through a `buildctl dial-stdio`: a runtime may say on its standard output why it has not started it. */

/** A server of HTTP/2 begins with its settings (RFC 9113, 3.4), a frame so short that the first byte of its length is zero. */
export function isOfBuildKit(first: Buffer): boolean {
  return first[0] === 0;
}

/** Who has sent the first bytes through a `buildctl dial-stdio`: a runtime may say on its standard output why it has not started it. */

const WORDS_CHARS = 4096;

/** A server of HTTP/2 begins with its settings (RFC 9113, 3.4), a frame so short that the first byte of its length is zero. */
export function isOfBuildKit(first: Buffer): boolean {
  return first[0] === 0;
}

/** Tells an answer from what is said instead of one, by its first bytes. */
export interface Doorkeeper {
  /** Who was to be at the other end has answered. */
  readonly isOpen: boolean;
  /** What came instead of an answer, as far as it is worth reading. */
  readonly words: string;
  /** Whether these bytes are to be handed on. */
  admit(chunk: Buffer): boolean;
}

export function createDoorkeeper(isAnswer: (first: Buffer) => boolean): Doorkeeper {
  let isOpen = false;
  let words = '';
  return {
    get isOpen() {
      return isOpen;
    },
    get words() {
      return words.trim();
    },
    admit(chunk) {
      isOpen ||= words === '' && isAnswer(chunk);
      if (!isOpen) words = (words + chunk.toString('utf8')).slice(0, WORDS_CHARS);
      return isOpen;
    },
  };
}

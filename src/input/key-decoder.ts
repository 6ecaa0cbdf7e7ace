/** Bytes to input events; `createKeyDecoder(options: KeyDecoderOptions): KeyDecoder` is made here. */
export type * from './types.js';

/** The emulator's public face; `createEmulator(options: EmulatorOptions): Emulator` is made here. */
export * from './types.js';

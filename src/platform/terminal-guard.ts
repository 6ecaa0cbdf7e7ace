/** The owner of the host terminal's modes; `createTerminalGuard(options: TerminalGuardOptions): TerminalGuard` is made here. */
export type * from './terminal-guard-types.js';

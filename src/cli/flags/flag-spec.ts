/**
 * What a command-line flag is, as data: the one table gives parsing, `--help` and completion.
 * It must not know any command.
 */

/** bool: `--load`, `--load=false`. string: the last one wins. list: every one counts, in the order given. */
export type FlagKind = 'bool' | 'string' | 'list';

export interface FlagSpec {
  /** Long name without the dashes. */
  readonly name: string;
  /** One letter; absent when there is none. */
  readonly short?: string;
  readonly kind: FlagKind;
  /** Placeholder of the value in `--help`; empty for a bool. */
  readonly value: string;
  readonly summary: string;
  /** The values that are allowed, where they can be listed. */
  readonly choices?: readonly string[];
  /** What is used when the flag is not given, as shown in `--help`. */
  readonly fallback?: string;
  /** It is another name of that flag, left out of `--help`; of both the last one given counts. */
  readonly sameAs?: string;
}

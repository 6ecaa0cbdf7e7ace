/** BuildKit's source policy, as a build is asked for with one: types only. */

/** What is done with a source that a rule is for; a condition is on an attribute of the source. */
export interface SourceRule {
  readonly action: 'ALLOW' | 'DENY' | 'CONVERT';
  /** `docker-image://docker.io/library/alpine:*`, `https://example.com/file` … */
  readonly identifier: string;
  readonly match: 'WILDCARD' | 'EXACT' | 'REGEX';
  readonly constraints: ReadonlyArray<{
    readonly key: string;
    readonly value: string;
    readonly condition: 'EQUAL' | 'NOTEQUAL' | 'MATCHES';
  }>;
  /** What a source is converted to. */
  readonly updates: { readonly identifier: string; readonly attrs: Readonly<Record<string, string>> } | null;
}

/** Which sources a build may take, and what is taken in their place: BuildKit's source policy, of the file `path`. */
export type SourcePolicy =
  | {
      readonly path: string;
      readonly version: number;
      readonly rules: readonly SourceRule[];
      /** What in the file has no meaning. */
      readonly passedOver: readonly string[];
    }
  /** In BuildKit's own encoding. */
  | { readonly path: string; readonly encoded: Uint8Array };

/** Steps and stages: the build graph as its Dockerfile says it. Pure data; who changes it is `core/reduce`. */

/** 1-based, both ends inclusive, in the main Dockerfile. */
export interface LineRange {
  readonly start: number;
  readonly end: number;
}

/**
 * `cached` is what the engine reported as cached, and what a program that has failed was built on without a word of it; a step that was
 * stopped because another failed is `cancelled`; one that the target does not reach is `not-needed`. A step that never started stays
 * `pending`.
 */
export type StepState = 'pending' | 'running' | 'cached' | 'done' | 'failed' | 'cancelled' | 'not-needed';

/**
 * instruction: one instruction of the Dockerfile, in a stage. context: loading files from the client (definition, ignore file,
 * build context). export: writing the result. internal: whatever else the engine reports (resolving images, frontend).
 */
export type StepKind = 'instruction' | 'context' | 'export' | 'internal';

/** Unique within a generation, short and stable for the same Dockerfile text: an instruction's is its step number as a string. */
export type StepKey = string;

/** A counter inside a step, such as a layer being pulled or the context being sent. Bytes when `total` or `current` is not 0. */
export interface StepProgress {
  readonly id: string;
  readonly name: string;
  readonly current: number;
  /** 0: unknown. */
  readonly total: number;
  readonly startedAtMs: number | null;
  readonly completedAtMs: number | null;
}

export interface StepLogSummary {
  /** Bytes of UTF-8 received so far. */
  readonly bytes: number;
  /** Complete lines so far. */
  readonly lines: number;
  /** The engine said that it left output out (`[output clipped, log limit … reached]`). */
  readonly isClipped: boolean;
}

export interface StepWarning {
  /** The rule's short text, one line. */
  readonly message: string;
  readonly detail: readonly string[];
  readonly url: string | null;
  readonly lines: LineRange | null;
}

export interface Step {
  readonly key: StepKey;
  readonly kind: StepKind;
  /** Index into `Generation.stages`; null for steps outside of the Dockerfile. */
  readonly stage: number | null;
  /**
   * What the user calls "step 9": 1-based over all instructions of all stages in Dockerfile order, and on through each further platform of a
   * build for several. Null outside of it.
   */
  readonly number: number | null;
  /** Upper-case keyword (`RUN`); empty outside of the Dockerfile. */
  readonly instruction: string;
  /** One line for lists: continuations joined, comments dropped (`RUN npm ci --omit=dev`). */
  readonly text: string;
  readonly lines: LineRange | null;
  readonly state: StepState;
  /**
   * Digests of the engine's vertices that make up this step. Empty: nothing is executed for it (ENV, CMD, USER …); its state
   * then follows the step before it in its stage.
   */
  readonly vertices: readonly string[];
  /** Client's clock (skew of the engine's clock removed), ms since the epoch; first start and last completion. */
  readonly startedAtMs: number | null;
  readonly completedAtMs: number | null;
  /** What the engine said of the failure, host paths shortened; null unless failed or cancelled. */
  readonly error: string | null;
  readonly progress: readonly StepProgress[];
  readonly log: StepLogSummary;
  readonly warnings: readonly StepWarning[];
  /** Image of the state after it, where the engine makes one for each step; else null. */
  readonly imageId: string | null;
}

export interface Stage {
  readonly index: number;
  /** The AS-name; null when unnamed. */
  readonly name: string | null;
  /** `build`, or `stage-1` for an unnamed one, as the engine calls it. */
  readonly label: string;
  /** What FROM names, arguments not expanded. */
  readonly base: string;
  /** Stage labels this one takes from (FROM, COPY --from, --mount from=), in order of appearance, without itself. */
  readonly from: readonly string[];
  /** What FROM says. */
  readonly platform: string | null;
  /** What it is carried out for (`linux/arm64`), in a build for several platforms; else absent. */
  readonly targetPlatform?: string;
}

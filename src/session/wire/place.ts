/** Where a person is on a screen: kept by the session, so that the next screen begins there. What it means is the screens' business. */

export interface ScreenPlace {
  /** The one whose tab is in front; null: none. */
  readonly process: string | null;
  /** The keys go to it. */
  readonly isTyping: boolean;
  readonly panel: string;
  /** The step that was chosen; null: the one where something happens. */
  readonly step: string | null;
}

const MAX_CHARS = 200;

/** Null for anything that is no place. */
export function placeOf(value: unknown): ScreenPlace | null {
  if (typeof value !== 'object' || value === null) return null;
  const { process, isTyping, panel, step } = value as Partial<Record<keyof ScreenPlace, unknown>>;
  if (!isName(process) || !isName(step) || typeof isTyping !== 'boolean') return null;
  return typeof panel === 'string' && panel.length <= MAX_CHARS ? { process, isTyping, panel, step } : null;
}

function isName(value: unknown): value is string | null {
  return value === null || (typeof value === 'string' && value.length <= MAX_CHARS);
}

/** Booleans as Go's strconv.ParseBool reads them, which docker's flags and attributes follow. */
const TRUE = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

/** Null when the text is no boolean. */
export function parseGoBoolean(text: string): boolean | null {
  if (TRUE.has(text)) return true;
  return FALSE.has(text) ? false : null;
}

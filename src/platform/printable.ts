/**
 * Text of unknown origin made safe for a terminal or a log file: what a build prints, names from a Dockerfile, messages of an engine.
 * Nothing is interpreted, everything that could act on a terminal is taken out.
 */

/** Strings first (they run to their terminator or the end), then control sequences, then short escapes. ECMA-48, 5.4 to 5.6 and 8.3. */
const SEQUENCES =
  /(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c|$)?|(?:\u001b\[|\u009b)[0-?]*[ -/]*(?:[@-~]|$)|\u001b[ -/]*(?:[0-~]|$)/g;
const CONTROLS = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g;
/** Direction overrides and isolates, which make a line read otherwise than it is; invisible separators. */
const FORMATS = /[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;
const SUSPICIOUS = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;

/** One line without escape sequences, control characters (tabs stay) and direction marks. */
export function printableLine(text: string): string {
  if (!SUSPICIOUS.test(text)) return text;
  return text.replace(SEQUENCES, '').replace(CONTROLS, '').replace(FORMATS, '');
}

/** The same for several lines; line breaks stay, `\r\n` becomes `\n`. */
export function printableText(text: string): string {
  return text.split(/\r?\n/).map(printableLine).join('\n');
}

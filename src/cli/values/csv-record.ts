/**
 * One record of comma-separated values as Go's encoding/csv reads it, which docker's attribute flags (`--output`, `--secret`,
 * `--invoke`) are written in. It must not know what the fields mean.
 */
import { BxError } from '../../platform/errors.js';

export interface CsvOptions {
  /** Go's LazyQuotes: a quote may stand inside an unquoted field, and a lone one inside a quoted field. */
  readonly lazyQuotes: boolean;
}

/** Only the first record is read, as docker does; the rest after a line break is refused. Throws `BxError('usage')`. */
export function parseCsvRecord(text: string, options: CsvOptions = { lazyQuotes: false }): string[] {
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    const field = text[at] === '"' ? quotedField(text, at + 1, options) : plainField(text, at, options);
    fields.push(field.value);
    if (field.next >= text.length) return fields;
    at = field.next + 1;
  }
}

interface Field {
  readonly value: string;
  /** Index of the comma after the field, or the length of the text. */
  readonly next: number;
}

function plainField(text: string, start: number, options: CsvOptions): Field {
  const comma = text.indexOf(',', start);
  const next = comma < 0 ? text.length : comma;
  const value = text.slice(start, next);
  refuseLineBreak(text, value, start);
  const quote = value.indexOf('"');
  if (quote >= 0 && !options.lazyQuotes) {
    throw csvError(text, start + quote, 'a quote inside a field that does not begin with one');
  }
  return { value, next };
}

function quotedField(text: string, start: number, options: CsvOptions): Field {
  let value = '';
  let at = start;
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote < 0) {
      if (options.lazyQuotes) return { value: value + text.slice(at), next: text.length };
      throw csvError(text, start - 1, 'a quote that is not closed');
    }
    value += text.slice(at, quote);
    const after = text[quote + 1];
    if (after === undefined || after === ',') return { value, next: quote + 1 };
    if (after === '"') {
      value += '"';
      at = quote + 2;
    } else if (options.lazyQuotes) {
      value += '"';
      at = quote + 1;
    } else {
      throw csvError(text, quote, 'text after a closing quote');
    }
  }
}

function refuseLineBreak(text: string, value: string, start: number): void {
  const line = value.search(/[\r\n]/);
  if (line >= 0) throw csvError(text, start + line, 'a line break outside of quotes');
}

function csvError(text: string, index: number, what: string): BxError {
  return new BxError('usage', `${what} (column ${index + 1} of ${text})`, {
    hint: 'Put a field with commas or quotes between quotes and write each quote inside of it twice: "key=a,""b""".',
  });
}

/** `key=value` fields as pairs, keys in lower case; a field without `=` is refused. */
export function parseCsvPairs(text: string, flag: string): Array<readonly [key: string, value: string]> {
  return parseCsvRecord(text).map((field) => {
    const equals = field.indexOf('=');
    if (equals > 0) return [field.slice(0, equals).trim().toLowerCase(), field.slice(equals + 1)] as const;
    throw new BxError('usage', `invalid field "${field}" in ${flag} ${text}: must be key=value`);
  });
}

/** `--call` and `--check`: a question to the frontend in place of a build (util/buildflags/callfunc.go in docker/buildx). */
import { BxError } from '../../platform/errors.js';
import { parseGoBoolean } from '../../platform/go-boolean.js';
import { parseCsvRecord } from './csv-record.js';

export interface Call {
  /** Without `frontend.`: `lint`, `outline`, `targets`, `subrequests.describe`, or what else the frontend knows. */
  readonly method: string;
  readonly format: 'text' | 'json';
  /** The exit status tells only whether there was an answer. */
  readonly ignoresStatus: boolean;
}

const HINT = 'Write --call=METHOD[,format=json][,ignorestatus=true]; methods are build, check, outline and targets.';

/** Null: a build. Throws `BxError('usage')`. */
export function parseCall(text: string): Call | null {
  const wrong = (what: string): BxError => new BxError('usage', `--call ${text}: ${what}`, { hint: HINT });
  let method = '';
  let format = '';
  let ignoresStatus = false;
  for (const field of text === '' ? [] : parseCsvRecord(text)) {
    const at = field.indexOf('=');
    const [key, value] = at < 0 ? [null, field] : [field.slice(0, at), field.slice(at + 1)];
    if (key === null) {
      if (method !== '') throw wrong(`it has two methods, ${method} and ${value}`);
      method = value;
    } else if (key === 'format') {
      format = value;
    } else if (key === 'ignorestatus') {
      const isTrue = parseGoBoolean(value);
      if (isTrue === null) throw wrong(`ignorestatus must be true or false, not ${JSON.stringify(value)}`);
      ignoresStatus = isTrue;
    } else {
      throw wrong(`there is no option ${key}`);
    }
  }
  if (method === 'build' || method === '') return null;
  return { method: method === 'check' ? 'lint' : method, format: format === 'json' ? 'json' : 'text', ignoresStatus };
}

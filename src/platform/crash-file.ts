/** The file that a crash leaves behind: what happened, where, and what led to it. Must never throw. */
import fs from 'node:fs';
import path from 'node:path';

/** Writes the file, readable by its owner only; null when it could not be written. */
export function writeCrashFile(dir: string, error: unknown, report: (() => string) | undefined, now: Date): string | null {
  try {
    const stamp = now.toISOString().replace(/[:.]/g, '-');
    const file = path.join(dir, `bxtui-crash-${stamp}-${process.pid}.txt`);
    const text = [
      `time: ${now.toISOString()}`,
      `node: ${process.version} ${process.platform}-${process.arch}`,
      `arguments: ${process.argv.length - 2}`,
      '',
      errorText(error),
      '',
      callReport(report),
      '',
    ].join('\n');
    fs.writeFileSync(file, text, { mode: 0o600, flag: 'wx' });
    return file;
  } catch {
    return null;
  }
}

/** The error with its stack and its causes. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return `thrown value: ${String(error)}`;
  const own = error.stack ?? `${error.name}: ${error.message}`;
  return error.cause === undefined || error.cause === error ? own : `${own}\ncaused by ${errorText(error.cause)}`;
}

function callReport(report: (() => string) | undefined): string {
  if (!report) return '';
  try {
    return report();
  } catch (error) {
    return `no report: ${String(error)}`;
  }
}

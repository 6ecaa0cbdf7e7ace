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
    return writeWhole(file, text) ? file : null;
  } catch {
    return null;
  }
}

/** Leaves no part of a file where there is no room for all of it. */
function writeWhole(file: string, text: string): boolean {
  const fd = fs.openSync(file, 'wx', 0o600);
  try {
    fs.writeFileSync(fd, text);
    return true;
  } catch {
    fs.rmSync(file, { force: true });
    return false;
  } finally {
    fs.closeSync(fd);
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

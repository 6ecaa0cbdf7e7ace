/** Counts what a transfer has moved and reports it at a bounded rate, the last figure always. */

export interface TransferProgress {
  /** Name of the local source (`context`, `dockerfile` …) or, on the way down, of the output. */
  readonly name: string;
  readonly bytes: number;
  readonly files: number;
  readonly isDone: boolean;
}

export interface TransferMeter {
  add(bytes: number, files: number): void;
  done(): void;
}

const REPORT_INTERVAL_MS = 50;

export function createTransferMeter(name: string, report: (progress: TransferProgress) => void): TransferMeter {
  let bytes = 0;
  let files = 0;
  let timer: NodeJS.Timeout | null = null;
  return {
    add(moreBytes, moreFiles) {
      bytes += moreBytes;
      files += moreFiles;
      timer ??= setTimeout(() => {
        timer = null;
        report({ name, bytes, files, isDone: false });
      }, REPORT_INTERVAL_MS);
    },
    done() {
      if (timer) clearTimeout(timer);
      timer = null;
      report({ name, bytes, files, isDone: true });
    },
  };
}

/** A question to the person at the terminal, answered by a line. */
import { createInterface, type Interface } from 'node:readline/promises';
import { keyboard } from '../platform/keyboard.js';
import { isTypedOut } from '../platform/lost-terminal.js';
import { EXIT_HUNG_UP } from './exit-status.js';
import { listenForInterrupts } from './interrupts.js';

/** Gives `run` a reader of the keyboard. A signal, or a terminal that goes away, ends the program, with the terminal put back. */
export async function withReader<T>(output: NodeJS.WritableStream, run: (reader: Interface) => Promise<T>): Promise<T> {
  const input = keyboard();
  const interrupts = listenForInterrupts();
  const reader = createInterface({ input, output });
  let isGone = false;
  reader.on('error', () => {
    // The modes of a terminal that has gone cannot be put back, which is an error as well.
    if (isGone) return;
    isGone = true;
    reader.close();
  });
  void interrupts.ending.then(({ exitStatus }) => {
    reader.close();
    process.exit(exitStatus);
  });
  try {
    const result = await run(reader);
    if (isGone || isTypedOut(input)) process.exit(EXIT_HUNG_UP);
    return result;
  } finally {
    interrupts.dispose();
    reader.close();
  }
}

/** Without the blanks around it; empty for the end of the input, null for Ctrl-C; after both the line is ended on `output`. */
export function ask(reader: Interface, question: string, output: NodeJS.WritableStream): Promise<string | null> {
  return new Promise((resolve) => {
    let isInterrupted = false;
    const leave = (): void => {
      output.write('\n');
      resolve(isInterrupted ? null : '');
    };
    reader.once('close', leave);
    reader.once('SIGINT', () => {
      isInterrupted = true;
      reader.close();
    });
    reader.question(question).then(
      (answer) => {
        reader.off('close', leave);
        reader.removeAllListeners('SIGINT');
        resolve(answer.trim());
      },
      // Ctrl-D; it closes as well.
      () => undefined,
    );
  });
}

/** A question to the person at the terminal, answered by a line. */
import type { Interface } from 'node:readline/promises';

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

/** One line on stderr about what the set-up does, so that a long silence is never a riddle. Owns the wording's prefix, nothing else. */

/** @param {string} text */
export function say(text) {
  process.stderr.write(`set-up: ${text}\n`);
}

/** An error of the set-up: what failed, and what the person at the keyboard can do. Printed without a stack. */
export class SetupError extends Error {
  /**
   * @param {string} message
   * @param {string} hint
   */
  constructor(message, hint) {
    super(message);
    this.name = 'SetupError';
    this.hint = hint;
  }
}

/**
 * Runs a script's main function; an error of the set-up becomes two lines and exit status 1, anything else keeps its stack.
 * @param {() => Promise<number>} main resolves to the exit status
 */
export async function runScript(main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    process.stderr.write(`error: ${error.message}\n${error.hint === '' ? '' : `  ${error.hint}\n`}`);
    process.exitCode = 1;
  }
}

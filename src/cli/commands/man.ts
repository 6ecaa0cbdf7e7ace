/** `bxtui man`: the manual page, which the package has as a file as well. */
import { HELP_FLAG } from '../build/build-flags.js';
import { COMMANDS, helpOf } from '../complete/commands.js';
import { EXIT_OK } from '../exit-status.js';
import { renderHelp } from '../flags/help-text.js';
import { renderManPage } from '../flags/man-page.js';
import { parseFlags } from '../flags/parse-flags.js';
import { programVersion } from '../version.js';

const HELP = {
  usage: 'bxtui man',
  about: 'Print the manual page of all commands, in the language of man.',
  groups: [{ title: 'Options', flags: [HELP_FLAG] }],
  examples: [['bxtui man | man -l -', 'Read it.']] as const,
  notes: [] as const,
};

/** Resolves with the exit status. Throws `BxError('usage')`. */
export async function runMan(args: readonly string[]): Promise<number> {
  if (parseFlags([HELP_FLAG], args, 'bxtui man --help').bool('help')) {
    process.stdout.write(renderHelp(HELP, process.stdout.columns || 80));
    return EXIT_OK;
  }
  const commands = await Promise.all(COMMANDS.map(async ([name, summary]) => ({ name, summary, help: await helpOf(name) })));
  process.stdout.write(renderManPage(commands, programVersion()));
  return EXIT_OK;
}

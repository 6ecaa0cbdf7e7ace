/** `bxtui completion SHELL`: a script that makes the shell ask this program. */
import { BxError } from '../../platform/errors.js';
import { HELP_FLAG } from '../build/build-flags.js';
import { COMPLETION_SCRIPTS } from '../complete/scripts.js';
import { EXIT_OK } from '../exit-status.js';
import { renderHelp } from '../flags/help-text.js';
import { parseFlags } from '../flags/parse-flags.js';

const HELP = {
  usage: 'bxtui completion bash | zsh | fish',
  about: 'Print a script that makes a shell complete the commands, flags and their values, with the sessions that there are.',
  groups: [{ title: 'Options', flags: [HELP_FLAG] }],
  examples: [
    ['source <(bxtui completion bash)', 'In ~/.bashrc.'],
    ['source <(bxtui completion zsh)', 'In ~/.zshrc, behind compinit; or as a file _bxtui in a directory of $fpath.'],
    ['bxtui completion fish > ~/.config/fish/completions/bxtui.fish', 'Once.'],
  ] as const,
  notes: [] as const,
};

/** Resolves with the exit status. Throws `BxError('usage')`. */
export async function runCompletion(args: readonly string[]): Promise<number> {
  const flags = parseFlags([HELP_FLAG], args, 'bxtui completion --help');
  if (flags.bool('help')) {
    process.stdout.write(renderHelp(HELP, process.stdout.columns || 80));
    return EXIT_OK;
  }
  const [shell, ...more] = flags.positionals;
  const script = shell === undefined || !Object.hasOwn(COMPLETION_SCRIPTS, shell) ? undefined : COMPLETION_SCRIPTS[shell];
  if (script === undefined || more.length > 0) {
    throw new BxError(
      'usage',
      shell === undefined ? 'bxtui completion needs a shell' : `bxtui completion knows no ${flags.positionals.join(' ')}`,
      {
        hint: 'It knows bash, zsh and fish.',
      },
    );
  }
  process.stdout.write(script);
  return EXIT_OK;
}

/** `bxtui build --help`. */
import { type CommandHelp, renderHelp } from '../flags/help-text.js';
import { BUILD_FLAGS, CLASSIC_FLAGS, DEBUG_FLAGS, HELP_FLAG, IGNORED_FLAGS, SCREEN_FLAGS, SESSION_FLAGS } from './build-flags.js';

const DEBUG_ABOUT =
  'Build an image from a Dockerfile and debug it without the screen: plain progress, then a prompt with commands. bxtui debug --help says more.';

export const BUILD_HELP: CommandHelp = {
  usage: 'bxtui build [OPTIONS] PATH | URL | -',
  about:
    'Build an image from a Dockerfile and debug it: on a terminal a full-screen session with a shell in any step, without one ' +
    'plain progress.',
  groups: [
    { title: 'Build', flags: BUILD_FLAGS },
    { title: 'Of the classic builder; BuildKit takes them without effect', flags: CLASSIC_FLAGS },
    { title: 'Taken as docker takes them', flags: IGNORED_FLAGS },
    { title: 'Debugger', flags: DEBUG_FLAGS },
    { title: 'Session', flags: SESSION_FLAGS },
    { title: 'Screen', flags: [...SCREEN_FLAGS, HELP_FLAG] },
  ],
  examples: [
    ['bxtui build -t app .', 'Build on the screen; when a RUN fails, a shell opens in what it left behind.'],
    ['bxtui build --on=error .', 'The same, and leave by itself after a success.'],
    ['bxtui build --progress=plain --invoke /bin/sh .', 'Build, then the line-mode monitor with a shell in the result.'],
    ['bxtui build --detach . ; bxtui attach', 'Build in the background, and look in from any terminal.'],
    ['bxtui build https://example.com/app.git#main:web', 'A directory of a git repository; an archive has a URL as well.'],
    ['tar c . | bxtui build -', 'An archive, or a Dockerfile, from standard input.'],
    [`printf 'rollback 3 ls -l /\\nexit\\n' | bxtui build --on=always .`, 'Monitor commands from a script.'],
  ],
  notes: [
    'The engine is the one that --builder, --context, BUILDX_BUILDER, BUILDKIT_HOST, DOCKER_HOST, the docker context or a usual socket names ' +
      '(bxtui engines lists them). A buildkitd with TLS ' +
      'needs BXTUI_BUILDKIT_TLS_DIR, a directory with ca.pem, cert.pem and key.pem; it keeps no images: --load puts them into the ' +
      'Docker Engine, --output into files. With DOCKER_BUILDKIT=0 or --engine=classic the classic builder of a Docker Engine builds; it knows ' +
      'no --secret, --ssh, --platform and --output. ' +
      'Exit status: 0 the last build succeeded, 1 it failed, 125 wrong usage, 130 interrupted.',
  ],
};

/** `command`: as people call it. */
export function buildHelp(cols: number, command: 'bxtui build' | 'bxtui debug build' = 'bxtui build'): string {
  if (command === 'bxtui build') return renderHelp(BUILD_HELP, cols);
  const { groups, notes } = BUILD_HELP;
  return renderHelp({ usage: `${command} [OPTIONS] PATH`, about: DEBUG_ABOUT, groups, examples: [], notes }, cols);
}

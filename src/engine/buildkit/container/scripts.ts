/**
 * The two small POSIX scripts that run inside a container: the keeper, which keeps it alive and looks after its processes, and the
 * wrapper around each program. Only what dash, busybox ash and bash have built in is used: the image may hold nothing but a shell.
 */

import { printfCommand, shellJoin, shellQuote } from '../../shared/shell-quote.js';
import { MARKER_OSC } from './marker-filter.js';

/** A tmpfs of ours in every container that has a shell. */
export const HOME_DIR = '/.bxtui';
export const WRAPPER_PATH = `${HOME_DIR}/run`;
const LIBRARY_PATH = `${HOME_DIR}/keeper`;

/**
 * `keep [<pid>]`: reads one line at a time and carries it out, and ends with its input, so that a container whose owner has gone does not
 * stay behind. As the first process it takes all others with it; as a later one it tells the first one, the wrapper with this process id,
 * not to stay, and ends what that has started: in this order, since it may be killed itself at any moment. It must not look further: some engines run containers among the processes of their machine.
 */
export const KEEPER_SCRIPT = `umask 0
while IFS= read -r bx_line; do eval "$bx_line"; done
if [ -n "$1" ]; then
  kill -s HUP "$1"
  bx_kill KILL "$1"
fi
`;

/**
 * `run <nonce> <size> <stays> <names> <program> [<argument> ...]`: runs the program and says out of band when it starts and how it
 * ended; itself always ends with 0, because BuildKit stops a container when any of its processes fails. It does not end at once: with
 * `stays` 1, the container's first process, not at all, and on a terminal not before its last words have arrived, since BuildKit closes
 * a terminal as soon as the process is gone, read or not (executor/runcexecutor/executor_linux.go, callWithIO). It waits until the
 * terminal goes away or the keeper says so with HUP, at a pipe that is held open by who reads it (a terminal cannot be waited at from the
 * background), again and again, since what waits may be killed with what the program has left behind. `names` are variables that shells
 * add by themselves and that the program must not see. `size` is `<rows> <cols>` of its terminal, 0 without one: where the image has
 * `stty`, the program starts only when the size has arrived, and on a terminal that ends lines as terminals do (runc switches that off). A
 * line feed in the word of the start shows what the engine makes of it.
 * Signals are caught rather than ignored, so that the program gets their default actions back. The start is said by the process that
 * becomes the program: whoever is told of it can send it a signal. `exec` in a subshell never takes a
 * builtin for the program. Without a tty the end is said on both outputs, so that each is known to be complete.
 */
export const WRAPPER_SCRIPT = `trap : INT QUIT PIPE ALRM TERM USR1 USR2
trap 'bx_hup=1; kill "$!" 2>/dev/null' HUP
bx_nonce=$1 bx_tty=$2 bx_stays=$3 bx_unset=$4 bx_lines=0 bx_hup=0
shift 4
bx_say() {
  printf '\\033]${MARKER_OSC};%s;%s;%s\\033\\\\' "$bx_nonce" "$1" "$2"
}
bx_waits() {
  if [ "$bx_tty" = 0 ]; then [ "$bx_stays" = 1 ]; else [ -t 1 ]; fi
}
bx_end() {
  trap '' PIPE TTOU
  if [ "$bx_tty" = 0 ]; then bx_say E "$1;$$;$2" >&2; fi
  bx_say E "$1;$$;$2"
  while [ "$bx_hup" = 0 ] && bx_waits; do
    : | { exec 3<>/proc/self/fd/0; IFS= read -r bx_never <&3; } &
    [ "$bx_hup" = 1 ] || wait "$!"
    kill "$!" 2>/dev/null
  done
  exit 0
}
bx_probe() {
  if [ ! -e "$1" ]; then return 127; fi
  if [ -d "$1" ] || [ ! -x "$1" ]; then return 126; fi
  return 0
}
bx_find() {
  bx_found=127
  case $1 in
    */*) bx_probe "$1"; bx_found=$?; return ;;
  esac
  bx_rest=$PATH:
  while [ -n "$bx_rest" ]; do
    bx_dir=\${bx_rest%%:*}
    bx_rest=\${bx_rest#*:}
    bx_probe "\${bx_dir:-.}/$1"
    case $? in
      0) bx_found=0; return ;;
      126) bx_found=126 ;;
    esac
  done
}
bx_prepare() {
  for bx_stty in /bin/stty /usr/bin/stty ${HOME_DIR}/bin/stty; do
    [ -x "$bx_stty" ] || continue
    bx_turns=0
    while [ "$bx_turns" -lt 40 ]; do
      case $("$bx_stty" size 2>/dev/null) in '' | '0 0') ;; *) break ;; esac
      bx_turns=$((bx_turns + 1))
    done
    if [ "$bx_turns" = 40 ]; then "$bx_stty" rows "\${bx_tty% *}" cols "\${bx_tty#* }" 2>/dev/null; fi
    if "$bx_stty" onlcr 2>/dev/null; then bx_lines=1; fi
    return
  done
}
bx_find "$1"
if [ "$bx_found" != 0 ]; then bx_end "$bx_found" "$bx_found"; fi
if [ "$bx_tty" != 0 ]; then bx_prepare; fi
(
  if [ "$bx_tty" = 0 ]; then
    bx_say S "$$" >&2
  else
    bx_say S "$$;$bx_lines;
"
  fi
  unset $bx_unset bx_none
  exec "$@"
)
bx_end "$?"
`;

/**
 * The keeper's functions. \`bx_kill\`: every descendant of a wrapper and everything in its session, but not the wrapper itself, found by
 * walking /proc (proc(5), stat: the name in brackets may hold anything, so what counts comes after the last bracket). KILL goes round
 * until nobody new appears. Process 1 adopts what others have left behind: being its child says nothing. \`bx_member\`: a name in the
 * first field of a file like /etc/passwd. \`bx_drain\`: from now on somebody reads what was typed into the terminals of this container.
 */
export const LIBRARY_SCRIPT = `bx_list() {
  bx_all=" $1 "
  bx_new=1
  while [ "$bx_new" = 1 ]; do
    bx_new=0
    for bx_entry in /proc/[0-9]*/stat; do
      bx_pid=\${bx_entry#/proc/}
      bx_pid=\${bx_pid%/stat}
      case $bx_all in *" $bx_pid "*) continue ;; esac
      { IFS= read -r bx_stat < "$bx_entry"; } 2>/dev/null || continue
      set -- \${bx_stat##*) }
      [ "$1" = Z ] && continue
      [ "$2" = 1 ] && set -- "$1" 0 "$3" "$4"
      case $bx_all in
        *" $2 "*|*" $4 "*) [ "$bx_pid" = 1 ] || { bx_all="$bx_all$bx_pid "; bx_new=1; } ;;
      esac
    done
  done
}
bx_kill() {
  bx_root=$2
  bx_round=0
  bx_hit=1
  while [ "$bx_hit" = 1 ] && [ "$bx_round" -lt 20 ]; do
    bx_hit=0
    bx_round=$((bx_round + 1))
    bx_list "$bx_root"
    for bx_pid in $bx_all; do
      [ "$bx_pid" = "$bx_root" ] && continue
      kill -s "$1" "$bx_pid" 2>/dev/null && bx_hit=1
    done
    [ "$1" = KILL ] || break
  done
}
bx_member() {
  while IFS=: read -r bx_name bx_ignored || [ -n "$bx_name" ]; do
    [ "$bx_name" = "$1" ] && return 0
  done 2>/dev/null < "$2"
  return 1
}
bx_drain() {
  bx_cat=$(bx_first /bin/cat /usr/bin/cat)
  for bx_terminal in /dev/pts/[0-9]*; do
    (
      if [ -n "$bx_cat" ]; then exec "$bx_cat"; fi
      while IFS= read -r bx_typed; do :; done
    ) < "$bx_terminal" > /dev/null 2>&1 &
  done
}
bx_first() {
  for bx_path in "$@"; do
    if [ -x "$bx_path" ] && [ ! -d "$bx_path" ]; then printf '%s\\n' "$bx_path"; return; fi
  done
}
`;

/** The keeper's first line: puts the scripts and `files` (name in `HOME_DIR` -> content) in place. */
export function setupLine(files: ReadonlyMap<string, string>): string {
  const parts = [...files].map(([name, content]) => `${printfCommand(content)} > ${shellQuote(`${HOME_DIR}/${name}`)}`);
  return [
    `${printfCommand(LIBRARY_SCRIPT)} > ${LIBRARY_PATH}`,
    `${printfCommand(WRAPPER_SCRIPT)} > ${WRAPPER_PATH}`,
    ...parts,
    `. ${LIBRARY_PATH}`,
  ].join('; ');
}

/**
 * For the container's first process when that is a program of somebody's: puts everything in place, looks around with `look` (which
 * sets `bx_look`, and `bx_shell`, as words, for when no program is named), says its process id and what it saw, and goes on as the wrapper.
 */
function firstScript(shell: readonly string[], files: ReadonlyMap<string, string>, look: string): string {
  return [
    `( umask 0; ${setupLine(files)} ) || exit 1`,
    `. ${LIBRARY_PATH}`,
    look,
    'bx_out=1; if [ "$2" = 0 ]; then bx_out=2; fi',
    `printf '\\033]${MARKER_OSC};%s;L;%s\\033\\\\' "$1" "$$;$bx_look" >&"$bx_out"`,
    `if [ "$#" = 4 ]; then eval 'set -- "$@" '"$bx_shell"; fi`,
    `exec ${shellJoin(shell)} ${WRAPPER_PATH} "$@"`,
  ].join('\n');
}

/** A line for the keeper: `command` in a subshell, so that nothing in it can end the keeper, then its status as `<nonce> <status>`. */
export function commandLine(nonce: string, command: string): string {
  return `( ${command} ) < /dev/null; printf '\\n%s %s\\n' ${nonce} "$?"`;
}

/** What dash, ash or bash put into the environment of every program they start. */
const ADDED_BY_SHELLS = ['PWD', 'OLDPWD', 'SHLVL'];

export interface WrappedProgram {
  readonly args: readonly string[];
  /** What the program is to have. */
  readonly env: readonly string[];
  readonly tty: boolean;
  readonly cols: number;
  readonly rows: number;
}

/** argv of a program in its wrapper. `shell` runs a POSIX shell in the container. */
export function wrappedArgs(shell: readonly string[], nonce: string, program: WrappedProgram): string[] {
  return [...shell, WRAPPER_PATH, ...wrapperArguments(nonce, program, false)];
}

/** argv of the container's first process, which goes on as the wrapper of `program`; no `args`: the shell that `look` finds. */
export function firstArgs(
  shell: readonly string[],
  nonce: string,
  program: WrappedProgram,
  files: ReadonlyMap<string, string>,
  look: string,
): string[] {
  return [...shell, '-c', firstScript(shell, files, look), 'bxtui', ...wrapperArguments(nonce, program, true)];
}

function wrapperArguments(nonce: string, { args, env, tty, rows, cols }: WrappedProgram, stays: boolean): string[] {
  const leftOut = ADDED_BY_SHELLS.filter((name) => !env.some((entry) => entry.startsWith(`${name}=`)));
  return [nonce, tty ? `${rows} ${cols}` : '0', stays ? '1' : '0', leftOut.join(' '), ...args];
}

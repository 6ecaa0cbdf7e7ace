/** The scripts of `bxtui completion`: each only asks `bxtui complete`, and hands on what that says. */

/**
 * Bash takes `=` and `:` for breaks between words (COMP_WORDBREAKS): what stands together on the line is put together again, and of a candidate
 * only what is behind the last break is given back.
 */
const BASH = `_bxtui() {
  local -a words=() lines=()
  local line=\${COMP_LINE:0:COMP_POINT} rest word current directive at
  rest=$line
  for ((at = 0; at <= COMP_CWORD; at++)); do
    word=\${COMP_WORDS[at]}
    if ((at == COMP_CWORD)); then
      # Only what is before the cursor.
      [[ $rest == *[![:space:]]* ]] || word=
      word=\${word:0:\${#rest}}
      [[ $rest == [[:space:]]* ]] && word=\${rest##*[[:space:]]}
    fi
    if ((at > 0)) && [[ -n $word && $rest != [[:space:]]* ]]; then
      words[\${#words[@]} - 1]+=$word
    else
      words+=("$word")
      rest=\${rest#"\${rest%%[![:space:]]*}"}
    fi
    rest=\${rest#"$word"}
  done
  current=\${words[\${#words[@]} - 1]}
  mapfile -t lines < <("\${words[0]}" complete "\${words[@]:1}" 2>/dev/null)
  ((\${#lines[@]} > 0)) || return
  directive=\${lines[\${#lines[@]} - 1]}
  unset "lines[\${#lines[@]} - 1]"
  COMPREPLY=("\${lines[@]%%$'\t'*}")
  local value=$current
  [[ $current == --*=* ]] && value=\${current#*=}
  case $directive in
    :file) compopt -o filenames 2>/dev/null; mapfile -t -O "\${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$value") ;;
    :directory) compopt -o filenames 2>/dev/null; mapfile -t -O "\${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "$value") ;;
    *)
      local break head=
      for break in = :; do
        [[ $COMP_WORDBREAKS == *$break* && $current == *$break* ]] || continue
        head=\${current%"\${current##*$break}"}
        COMPREPLY=("\${COMPREPLY[@]#"$head"}")
      done
      ;;
  esac
}
complete -F _bxtui bxtui
`;

const ZSH = `#compdef bxtui
_bxtui() {
  local -a lines candidates
  local line directive
  lines=("\${(@f)$("\${words[1]}" complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  directive=$lines[-1]
  for line in "\${(@)lines[1,-2]}"; do
    candidates+=("\${\${line%%$'\t'*}//:/\\\\:}")
    [[ $line == *$'\t'* ]] && candidates[-1]+=":\${line#*$'\t'}"
  done
  ((\${#candidates})) && _describe -t values 'bxtui' candidates
  [[ $PREFIX == --*=* ]] && compset -P '*='
  case $directive in
    :file) _files ;;
    :directory) _files -/ ;;
  esac
}
if [ "$funcstack[1]" = _bxtui ]; then
  _bxtui "$@"
else
  compdef _bxtui bxtui
fi
`;

const FISH = `function __bxtui_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l lines ($words[1] complete $words[2..-1] 2>/dev/null)
  set -q lines[1]; or return
  set -l directive $lines[-1]
  set -e lines[-1]
  printf '%s\n' $lines
  set -l value (string replace -r '^(--[^=]*=)?' '' -- $words[-1])
  set -l head (string match -r '^--[^=]*=' -- $words[-1])
  switch $directive
    case :file
      for path in (__fish_complete_path $value); printf '%s%s\n' "$head" $path; end
    case :directory
      for path in (__fish_complete_directories $value); printf '%s%s\n' "$head" $path; end
  end
end
complete -c bxtui -f -a '(__bxtui_complete)'
`;

export const COMPLETION_SCRIPTS: Readonly<Record<string, string>> = { bash: BASH, zsh: ZSH, fish: FISH };

# Completion of osprey's command line for bash; `osprey completions bash` prints this file.

_osprey_python_pids() {
  local status
  for status in /proc/[0-9]*/status; do
    if [[ -r $status ]] && grep -q '^Name:.*python' "$status" 2>/dev/null; then
      status=${status#/proc/}
      echo "${status%/status}"
    fi
  done
}

# Fills COMPREPLY with the words, one a line, that begin with what is typed.
_osprey_offer() {
  mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
}

# Values of the options that record and top share; fails for an option that is not one of them.
_osprey_shared_value() {
  local current=$1 previous=$2
  case $previous in
    -p | --pid) _osprey_offer "$(_osprey_python_pids)" "$current" ;;
    -r | --rate) _osprey_offer '100 1000 1k 10k max' "$current" ;;
    -d | --duration) _osprey_offer '5 10 60 unlimited' "$current" ;;
    --mode) _osprey_offer 'wall cpu gil exception' "$current" ;;
    --async) _osprey_offer 'running all' "$current" ;;
    --log-level) _osprey_offer 'trace debug info warning error off' "$current" ;;
    *) return 1 ;;
  esac
}

_osprey_shared='-p --pid -r --rate -d --duration -s --subprocesses -t --threads -g --gil -i --idle
  --mode --async -F --function --nolineno --full-filenames --nonblocking --log-level -h --help --'

_osprey_files() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen -f -- "$1")
}

_osprey_record() {
  local current=$1 previous=$2
  case $previous in
    -o | --output | --stats) _osprey_files "$current" ;;
    -f | --format) _osprey_offer 'flamegraph raw speedscope' "$current" ;;
    *)
      _osprey_shared_value "$current" "$previous" ||
        _osprey_offer "-o --output -f --format --stats -n --native --native=all $_osprey_shared" "$current"
      ;;
  esac
}

_osprey_top() {
  local current=$1 previous=$2
  case $previous in
    --output-log) _osprey_files "$current" ;;
    --delay) _osprey_offer '0.1 0.5 1 2 5' "$current" ;;
    --window) _osprey_offer '1 3 10 60' "$current" ;;
    *)
      _osprey_shared_value "$current" "$previous" ||
        _osprey_offer "--delay --window --once --output-log -n --native --native=all $_osprey_shared" "$current"
      ;;
  esac
}

_osprey_dump() {
  local current=$1 previous=$2
  case $previous in
    -p | --pid) _osprey_offer "$(_osprey_python_pids)" "$current" ;;
    -c | --core | --executable | -o | --output)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      ;;
    --sysroot)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -d -- "$current")
      ;;
    --color) _osprey_offer 'auto always never' "$current" ;;
    --log-level) _osprey_offer 'trace debug info warning error off' "$current" ;;
    *)
      _osprey_offer '-p --pid -c --core --executable --sysroot -l --locals -j --json -o --output
        -n --native --native=all -s --subprocesses --nonblocking --full-filenames --color --log-level -h --help' "$current"
      ;;
  esac
}

_osprey() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} index
  COMPREPLY=()
  # After `--` stands somebody else's command line.
  for ((index = 1; index < COMP_CWORD; ++index)); do
    if [[ ${COMP_WORDS[index]} == -- ]]; then
      if declare -F _command_offset >/dev/null; then
        _command_offset $((index + 1))
      elif ((index + 1 == COMP_CWORD)); then
        mapfile -t COMPREPLY < <(compgen -c -- "$current")
      else
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
      fi
      return
    fi
  done
  if ((COMP_CWORD == 1)); then
    _osprey_offer 'record top dump completions -h --help -V --version' "$current"
    return
  fi
  case ${COMP_WORDS[1]} in
    r*) _osprey_record "$current" "$previous" ;;
    t*) _osprey_top "$current" "$previous" ;;
    d*) _osprey_dump "$current" "$previous" ;;
    c*) _osprey_offer 'bash zsh fish -h --help' "$current" ;;
  esac
}

complete -F _osprey osprey

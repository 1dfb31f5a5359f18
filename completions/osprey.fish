# Completion of osprey's command line for fish; `osprey completions fish` prints this file.

function __osprey_python_pids
    for file in /proc/*/status
        set -l name (string match --regex --groups-only '^Name:\s*(.*python.*)$' < $file 2>/dev/null)
        and printf '%s\t%s\n' (string split / $file)[3] $name
    end
end

function __osprey_no_subcommand
    test (count (commandline -opc)) -eq 1
end

# True while options are typed of a subcommand that begins with one of the letters; after `--` stands
# somebody else's command line.
function __osprey_in
    set -l words (commandline -opc)
    test (count $words) -gt 1
    and contains -- (string sub --length 1 -- $words[2]) $argv
    and not contains -- -- $words
end

function __osprey_in_command
    contains -- -- (commandline -opc)
end

complete -c osprey -f
complete -c osprey -n __osprey_no_subcommand -a record -d 'Write a profile'
complete -c osprey -n __osprey_no_subcommand -a top -d 'Watch live'
complete -c osprey -n __osprey_no_subcommand -a dump -d "Show every thread's stack once"
complete -c osprey -n __osprey_no_subcommand -a completions -d 'Print the completions of a shell'
complete -c osprey -n __osprey_no_subcommand -s V -l version -d 'Show the version'
complete -c osprey -s h -l help -d 'Show the help'
complete -c osprey -n '__osprey_in c' -a 'bash zsh fish'

complete -c osprey -n '__osprey_in r t' -s p -l pid -x -a '(__osprey_python_pids)' -d 'The process to look at'
complete -c osprey -n '__osprey_in r' -s o -l output -r -F -d 'Where to write; one format each'
complete -c osprey -n '__osprey_in r' -s f -l format -x -a 'flamegraph raw speedscope' -d 'The format to write'
complete -c osprey -n '__osprey_in r t' -s r -l rate -x -a '100 1000 1k 10k max' -d 'Samples per second'
complete -c osprey -n '__osprey_in r t' -s d -l duration -x -a '5 10 60 unlimited' -d 'How many seconds'
complete -c osprey -n '__osprey_in r t' -s s -l subprocesses -d 'Also children and their children'
complete -c osprey -n '__osprey_in r t' -s t -l threads -d 'A root frame per thread'
complete -c osprey -n '__osprey_in r t' -s g -l gil -d 'Only threads that hold the GIL'
complete -c osprey -n '__osprey_in r t' -s i -l idle -d 'Also threads that wait'
complete -c osprey -n '__osprey_in r t' -l mode -x -a 'wall cpu gil exception' -d 'Which samples count'
complete -c osprey -n '__osprey_in r t' -l async -x -a 'running all' -d "asyncio's tasks"
complete -c osprey -n '__osprey_in r t' -s F -l function -d 'One frame per function'
complete -c osprey -n '__osprey_in r t' -l nolineno -d 'No line numbers'
complete -c osprey -n '__osprey_in r t' -l full-filenames -d 'Whole paths'
complete -c osprey -n '__osprey_in r t' -l nonblocking -d 'How Osprey always works'
complete -c osprey -n '__osprey_in r t d' -s n -l native -d 'C, C++ and Rust frames, too'
complete -c osprey -n '__osprey_in r t d' -l native=all -d 'Those of the interpreter as well'
complete -c osprey -n '__osprey_in r' -l stats -r -F -d 'Write the figures of the run as JSON'
complete -c osprey -n '__osprey_in r t' -l log-level -x -a 'trace debug info warning error off' -d 'What to log'
complete -c osprey -n '__osprey_in t' -l delay -x -a '0.1 0.5 1 2 5' -d 'Seconds between two redraws'
complete -c osprey -n '__osprey_in t' -l window -x -a '1 3 10 60' -d 'Seconds that the percentages are of'
complete -c osprey -n '__osprey_in t' -l once -d 'One table as plain text'
complete -c osprey -n '__osprey_in t' -l output-log -r -F -d 'Where what the command writes goes'
complete -c osprey -n '__osprey_in r' -l log-level -x -a 'trace debug info warning error off' -d 'What to log'

complete -c osprey -n '__osprey_in d' -s p -l pid -x -a '(__osprey_python_pids)' -d 'The process to look at'
complete -c osprey -n '__osprey_in d' -s c -l core -r -F -d 'The core file to look at'
complete -c osprey -n '__osprey_in d' -l executable -r -F -d 'The program that has written the core'
complete -c osprey -n '__osprey_in d' -l sysroot -x -a '(__fish_complete_directories)' -d 'A folder with the files of its machine'
complete -c osprey -n '__osprey_in d' -s l -l locals -d 'Arguments and local variables'
complete -c osprey -n '__osprey_in d' -s j -l json -d 'As JSON'
complete -c osprey -n '__osprey_in d' -s o -l output -r -F -d 'Where to write'
complete -c osprey -n '__osprey_in d' -s s -l subprocesses -d 'Also children and their children'
complete -c osprey -n '__osprey_in d' -l nonblocking -d 'Never stop the process'
complete -c osprey -n '__osprey_in d' -l full-filenames -d 'Whole paths'
complete -c osprey -n '__osprey_in d' -l color -x -a 'auto always never' -d 'Colours'
complete -c osprey -n '__osprey_in d' -l log-level -x -a 'trace debug info warning error off' -d 'What to log'

complete -c osprey -n __osprey_in_command -a '(__fish_complete_subcommand --fcs-skip=3)'

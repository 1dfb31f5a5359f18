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

# True while osprey's own options are typed; after `--` stands somebody else's command line.
function __osprey_in
    set -l words (commandline -opc)
    test (count $words) -gt 1
    and string match --quiet -- "$argv[1]*" $words[2]
    and not contains -- -- $words
end

function __osprey_in_command
    contains -- -- (commandline -opc)
end

complete -c osprey -f
complete -c osprey -n __osprey_no_subcommand -a record -d 'Write a profile'
complete -c osprey -n __osprey_no_subcommand -a dump -d "Show every thread's stack once"
complete -c osprey -n __osprey_no_subcommand -a completions -d 'Print the completions of a shell'
complete -c osprey -n __osprey_no_subcommand -s V -l version -d 'Show the version'
complete -c osprey -s h -l help -d 'Show the help'
complete -c osprey -n '__osprey_in c' -a 'bash zsh fish'

complete -c osprey -n '__osprey_in r' -s p -l pid -x -a '(__osprey_python_pids)' -d 'The process to look at'
complete -c osprey -n '__osprey_in r' -s o -l output -r -F -d 'Where to write; one format each'
complete -c osprey -n '__osprey_in r' -s f -l format -x -a 'flamegraph raw speedscope' -d 'The format to write'
complete -c osprey -n '__osprey_in r' -s r -l rate -x -a '100 1000 1k 10k max' -d 'Samples per second'
complete -c osprey -n '__osprey_in r' -s d -l duration -x -a '5 10 60 unlimited' -d 'How many seconds'
complete -c osprey -n '__osprey_in r' -s s -l subprocesses -d 'Also children and their children'
complete -c osprey -n '__osprey_in r' -s t -l threads -d 'A root frame per thread'
complete -c osprey -n '__osprey_in r' -s g -l gil -d 'Only threads that hold the GIL'
complete -c osprey -n '__osprey_in r' -s i -l idle -d 'Also threads that wait'
complete -c osprey -n '__osprey_in r' -l mode -x -a 'wall cpu gil exception' -d 'Which samples count'
complete -c osprey -n '__osprey_in r' -l async -x -a 'running all' -d "asyncio's tasks"
complete -c osprey -n '__osprey_in r' -s F -l function -d 'One frame per function'
complete -c osprey -n '__osprey_in r' -l nolineno -d 'No line numbers'
complete -c osprey -n '__osprey_in r' -l full-filenames -d 'Whole paths'
complete -c osprey -n '__osprey_in r' -l nonblocking -d 'How Osprey always works'
complete -c osprey -n '__osprey_in r' -l stats -r -F -d 'Write the figures of the run as JSON'
complete -c osprey -n '__osprey_in r' -l log-level -x -a 'trace debug info warning error off' -d 'What to log'

complete -c osprey -n '__osprey_in d' -s p -l pid -x -a '(__osprey_python_pids)' -d 'The process to look at'
complete -c osprey -n '__osprey_in d' -l core -r -F -d 'The core file to look at'
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

# fish completion for camctl(1): asks camctl itself, which has the tables and knows the cameras
#
# `camctl --complete WORD ...` gets the words up to the cursor and prints a candidate a line, with a tabulator and what it
# means behind it, as fish wants it. None is an answer, too: then names of files are completed.
function __camctl_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l found ($words[1] --complete $words[2..-1] $current 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\n' $found
        return
    end
    set -l key (string match -r '^[^=/]*=' -- $current)
    for path in (__fish_complete_path (string replace -r '^[^=/]*=' '' -- $current))
        echo "$key$path"
    end
end

complete -c camctl -f -a '(__camctl_complete)'

# bash completion for camctl(1): asks camctl itself, which has the tables and knows the cameras   -*- shell-script -*-
#
# `camctl --complete WORD ...` gets the words up to the cursor and prints a candidate a line, with a tabulator and what it
# means behind it, which bash does not show; none is an answer, too, and then bash completes names of files. A candidate
# that ends with = or . is waited for to go on, without a space.
_camctl()
{
    # Of COMP_WORDS, in which bash has cut words at = and :, the line itself is made again.
    local line=${COMP_LINE:0:COMP_POINT} cur candidate
    local -a words=()
    COMPREPLY=()
    read -r -a words <<<"$line"
    [[ $line == *[[:space:]] ]] && words+=("")
    cur=${words[${#words[@]} - 1]}

    # bash replaces only what follows the last = or : that it cuts words at.
    local head=""
    case $cur in
    *[=:]*) [[ $COMP_WORDBREAKS == *[=:]* ]] && head=${cur%"${cur##*[=:]}"} ;;
    esac
    while IFS= read -r candidate; do
        candidate=${candidate%%$'\t'*}
        [[ $candidate == "$cur"* ]] && COMPREPLY+=("${candidate#"$head"}")
    done < <("${words[0]}" --complete "${words[@]:1}" 2>/dev/null)
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[=.] ]]; then
        compopt -o nospace 2>/dev/null
    fi
} &&
    complete -o default -F _camctl camctl

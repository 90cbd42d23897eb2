# ---- what all init scripts of camd have; NAME is what messages begin with --------------------------------------------------

FAILED=1 USAGE=2 DENIED=4 NOT_INSTALLED=5 NOT_CONFIGURED=6 NOT_RUNNING=7
DEAD=1 DOWN=3 UNKNOWN=4 # of status

if [ -r /lib/lsb/init-functions ]; then
    . /lib/lsb/init-functions
else
    log_daemon_msg() { printf '%s: %s ...\n' "$1" "$2"; }
    log_end_msg() { [ "$1" -eq 0 ] && echo "done." || echo "failed."; }
fi

say() {
    printf '%s: %s\n' "$NAME" "$*"
}

complain() {
    say "$@" >&2
}

# ---- the defaults --------------------------------------------------------------------------------------------------

# leave STATUS WORDS: without the defaults it is not known which camd is meant.
leave() {
    trap - EXIT
    leaving=$1
    shift
    complain "$@"
    [ "$verb" != status ] || exit $UNKNOWN
    exit "$leaving"
}

# They are a program: a slip in them would end this one without a word, with a status that means something else.
read_defaults() {
    [ -e "$defaults" ] || return 0
    [ -f "$defaults" ] || [ -c "$defaults" ] || leave $NOT_CONFIGURED "$defaults is no file: move it away"
    [ -r "$defaults" ] || leave $DENIED "$defaults cannot be read: be root"
    sh -n "$defaults" || leave $NOT_CONFIGURED "$defaults has errors, see above; check with: sh -n $defaults"
    trap 'leave $NOT_CONFIGURED "$defaults has ended this script: it may only set variables and limits"' EXIT
    # shellcheck disable=SC1090
    . "$defaults"
    trap - EXIT
    set +eu
}

# ---- which process it is -------------------------------------------------------------------------------------------

# True while the process lives; what has ended and was not collected yet (a zombie) does not.
is_alive() {
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
    case ${stat##*) } in
    Z* | X*) return 1 ;;
    esac
}

# is_locked FILE PROCESS: a program keeps its pid file locked while it lives. Only the lock tells it from another process that
# has got the number of a dead one, so the number alone never decides whom a signal goes to.
is_locked() {
    if command -v flock >/dev/null; then
        { flock --nonblock --shared --conflict-exit-code 75 9; } 9<"$1"
        [ $? -eq 75 ]
    else
        read -r name <"/proc/$2/comm" && [ "$name" = "${DAEMON##*/}" ]
    fi 2>/dev/null
}

# device_of NUMBER: prints a device as /proc/locks has it, from its number as stat has it.
device_of() {
    printf '%02x:%02x' $(($1 >> 8 & 0xfff)) $(($1 & 0xff | $1 >> 12 & 0xfff00))
}

# holder FILE: prints the process that has it locked, as far as the kernel tells. What somebody has written into the file, or
# a full disk has left of it, does not matter then.
# Of files on two devices that have one inode the right one is found; where stat has another device than the kernel's locks, as on
# btrfs, the inode alone has to do.
holder() {
    file=$(stat -c '%d %i' "$1" 2>/dev/null) || return
    device=$(device_of "${file%% *}")
    inode=${file#* }
    other=
    while read -r _ kind _ access process file _; do
        [ "$kind $access ${file##*:}" = "FLOCK WRITE $inode" ] || continue
        read -r name <"/proc/$process/comm" && [ "$name" = "${DAEMON##*/}" ] || continue
        [ "${file%:*}" = "$device" ] && echo "$process" && return
        other=$process
    done 2>/dev/null </proc/locks
    echo "$other"
}

# ---- what is said on the console -----------------------------------------------------------------------------------

# announce TEXT VERB: one line on the console, and below it what was said meanwhile
announce() {
    log_daemon_msg "$1" "$NAME"
    said=$("$2" 2>&1)
    result=$?
    log_end_msg $result
    if [ -n "$said" ]; then
        if [ $result -eq 0 ]; then printf '%s\n' "$said"; else printf '%s\n' "$said" >&2; fi
    fi
    return $result
}

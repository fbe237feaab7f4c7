
# ---------------------------------------------------------------- journal
# One line per event: seq, ms, event, step, subject, detail and a final dot, TAB-separated. A line without the dot was torn.

# open_journal: sets $journal and $seq, the number of its last whole line; closes a torn one.
open_journal() {
    journal=$dir/journal
    seq=0
    [ -s "$journal" ] || return 0
    [ "$(tail -c 1 "$journal" | wc -l)" -eq 1 ] || printf '\n' >>"$journal"
    seq=$(sed -n "s/^\([0-9][0-9]*\)$TAB.*$TAB\.\$/\1/p" "$journal" | tail -n 1)
    seq=${seq:-0}
}

# load_ballast: room for an undo, and for the journal's last lines, on a disk that is full by then.
load_ballast() {
    [ ! -e "$dir/ballast" ] || return 0
    fallocate -l 16777216 "$dir/ballast" 2>/dev/null || dd if=/dev/zero of="$dir/ballast" bs=1048576 count=16 2>/dev/null
}

drop_ballast() {
    rm -f "$dir/ballast"
}

# $with_it: a file that goes on disk with the next line that does: two at once take hardly longer than one.
with_it=

# say EVENT STEP SUBJECT DETAIL: appends a line; what others may act on is on disk before we go on.
say() {
    seq=$((seq + 1))
    now_ms
    clean "$4"
    line=$seq$TAB$now_ms$TAB$1$TAB$2$TAB$3$TAB$clean$TAB.
    if ! printf '%s\n' "$line" >>"$journal"; then
        # a full disk: part of the line may be there
        drop_ballast
        printf '\n%s\n' "$line" >>"$journal"
    fi
    case $1 in
    begin | undo | finished)
        durable "$journal" ${with_it:+"$with_it"}
        with_it=
        ;;
    esac
}

begin() {
    say begin "$1" "$2" -
    if [ "$2" = - ]; then
        tell_lock "$1"
    else
        tell_lock "$1 $2"
    fi
}

# end STEP SUBJECT STATUS DETAIL: the result of a step; hands STATUS on.
end() {
    if [ "$3" -eq 0 ]; then
        say end "$1" "$2" "ok $4"
    else
        say end "$1" "$2" "fail ${why:-$4}"
    fi
    return "$3"
}

note() {
    say note - "$1" "$2"
}

# said EVENT STEP [DETAIL-PREFIX]: whether a whole line says so.
said() {
    grep -q "^[0-9]*${TAB}[0-9]*${TAB}$1${TAB}$2${TAB}[^${TAB}]*${TAB}${3-}.*${TAB}\.\$" "$journal" 2>/dev/null
}

is_finished() {
    grep -q "^[0-9]*${TAB}[0-9]*${TAB}finished${TAB}.*${TAB}\.\$" "$1/journal" 2>/dev/null
}

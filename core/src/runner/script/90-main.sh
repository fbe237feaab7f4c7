
# ---------------------------------------------------------------- the end

# finish STATUS CODE DETAIL: tidies up and writes the last line, after which nothing happens any more.
finish() {
    begin disarm -
    failpoint disarm.begun
    disarm_hook
    forget_detour
    end disarm - 0 ''
    release_lock
    failpoint finish.before
    say finished "$1" "${2:--}" "$3"
    quiet
}

# quiet: ends what runs beside us.
quiet() {
    for qt_pid in $beat_pid $gap_pid $wish_pid; do
        kill "$qt_pid" 2>/dev/null
    done
    beat_pid='' gap_pid='' wish_pid=''
    rm -rf "$work"
    drop_ballast
}

# ---------------------------------------------------------------- the work

# open_deployment FOLDER: where everything is.
open_deployment() {
    dir=$1
    case $dir in /*/deployments/*) ;; *) die "not a deployment's folder: $dir" ;; esac
    deployment=${dir##*/}
    root=${dir%/deployments/*}
    in=$dir/in
    work=$dir/work
    beat_pid='' gap_pid='' wish_pid=''
    has_timeout=0
    if has timeout; then
        has_timeout=1
    fi
}

read_order() {
    value "$in/stack" && stack=$value
    value "$in/new" && new=$value
    value "$in/old"
    old=$value
    value "$in/lock_id"
    lock_id=$value
    if [ -z "${stack-}" ] || [ -z "${new-}" ]; then
        die "the order in $in is not whole"
    fi
}

run() {
    open_deployment "$1"
    if is_finished "$dir"; then
        read_order
        disarm_hook
        exit 0
    fi
    be_alone || exit 75
    is_finished "$dir" && exit 0
    if [ ! -d "$in" ] || [ -s "$dir/journal" ]; then
        unpack_again
    fi
    read_order
    mkdir -p "$work"
    trap quiet EXIT
    trap '' HUP
    beat 9>&- >/dev/null 2>&1 &
    beat_pid=$!
    open_journal
    look_ahead
    load_ballast
    open_attempt
    work_it
}

open_attempt() {
    if [ "$seq" -eq 0 ]; then
        say started - fresh "$self"
    else
        say started - resumed "$self"
    fi
    failpoint started
    begin arm -
    arm_hook
    end arm - 0 ''
    failpoint armed
}

work_it() {
    if is_committed; then
        wait_engine
        commit
    elif said undo -; then
        wait_engine
        undo
    elif ! remember_before; then
        fail swap_failed "the engine does not say what runs"
        undo
    elif forward && commit; then
        :
    else
        undo
    fi
}

# ---------------------------------------------------------------- answers for the laptop

# receive: takes the order from standard input, a tar; its last file tells that it is whole. The tar itself is on disk before
# any journal is about it, and a later runner takes the order from there: one file is synced where there would be fifty.
receive() {
    rx=$in.$$
    mkdir -p "$rx" || die "cannot make $rx"
    if ! cat >"$rx/tar" || ! tar -xof "$rx/tar" -C "$rx" || [ ! -e "$rx/stack" ]; then
        rm -rf "$rx"
        die "the order breaks off, or no space is left for it"
    fi
    durable "$rx/tar"
    mv -f "$rx/tar" "$dir/order.tar"
    # of two who bring it at once one comes first; the other's copy would land inside, and goes
    if [ ! -d "$in" ]; then
        mv "$rx" "$in" && durable "$dir"
    fi
    rm -rf "$rx" "${in:?}/${rx##*/}"
}

# unpack_again: the machine may have gone down before the order's files were on disk.
unpack_again() {
    ua=$in.again
    rm -rf "$ua"
    if mkdir "$ua" && tar -xof "$dir/order.tar" -C "$ua" && [ -e "$ua/stack" ]; then
        rm -rf "$in" && mv "$ua" "$in"
    else
        # the disk is full, or an older runner kept none: what is there will have to do
        rm -rf "$ua"
    fi
}

state_of() {
    if is_finished "$dir"; then
        state=finished
    elif is_running; then
        state=running
    elif [ -s "$dir/journal" ]; then
        state=interrupted
    else
        state=none
    fi
}

start() {
    open_deployment "$1"
    mkdir -p "$dir"
    state_of
    case $state in
    finished | running)
        cat >/dev/null
        printf '%s\n' "$state"
        return
        ;;
    esac
    st_new=0
    if has_order; then
        cat >/dev/null
    else
        st_new=1
        receive
        has_order || die "there is no order in $dir"
    fi
    if is_busy; then
        printf 'busy\n'
        return
    fi
    if [ "$st_new" -eq 1 ] && ! holds_lock; then
        rm -rf "$in" "$dir/order.tar"
        printf 'taken\n'
        return
    fi
    launch
    st_tries=0
    while [ "$st_tries" -lt 50 ]; do
        state_of
        case $state in
        finished | running)
            printf 'started\n'
            return
            ;;
        esac
        is_alive || break
        st_tries=$((st_tries + 1))
        nap 0.1
    done
    state_of
    if is_alive || [ "$state" != none ]; then
        # it waits for a killed runner's last program, or it began and is gone already
        printf 'started\n'
        return
    fi
    wait "$launched"
    [ "$?" -eq 75 ] || die "the runner ends at once: $(tail -n 3 "$dir/log")"
    printf 'busy\n'
}

has_order() {
    [ -d "$in" ] || [ -e "$dir/order.tar" ]
}

# holds_lock: whether the order's laptop still has the environment's lock.
holds_lock() {
    value "$in/lock_id" && [ -n "$value" ] && [ -d "$root/lock/$value" ]
}

# is_busy: whether another deployment's runner is at work here.
is_busy() {
    holder
    [ "$holder_alive" -eq 1 ] && [ "$holder" != "$deployment" ] && ! is_finished "$root/deployments/$holder"
}

# is_alive: whether what was launched runs; one that systemd keeps for us is not our child and counts as alive.
is_alive() {
    [ -z "$launched" ] || kill -0 "$launched" 2>/dev/null
}

# launch: detached from this connection, and from the login session where its end would end us. Sets $launched.
launch() {
    launched=
    if logout_kills; then
        set -- systemd-run --user
        [ "$(id -u)" -ne 0 ] || set -- systemd-run
        "$@" --quiet --collect --setenv="HOME=$HOME" --setenv="PATH=$PATH" sh "$self" boot "$dir" </dev/null >&2 ||
            die "systemd does not start the runner"
    elif has setsid; then
        setsid sh "$self" run "$dir" </dev/null >>"$dir/log" 2>&1 &
        launched=$!
    else
        nohup sh "$self" run "$dir" </dev/null >>"$dir/log" 2>&1 &
        launched=$!
    fi
}

logout_kills() {
    [ -d /run/systemd/system ] && has busctl && has systemd-run || return 1
    case $(busctl get-property org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager KillUserProcesses 2>/dev/null) in
    *true) return 0 ;;
    esac
    return 1
}

# state_at_rest: a runner that was just started waits for the last program of the one before it, and is none until then.
state_at_rest() {
    sa_tries=0
    state_of
    while [ "$state" = interrupted ] && [ "$sa_tries" -lt 10 ]; do
        sa_tries=$((sa_tries + 1))
        nap 0.2
        state_of
    done
}

# follow OFFSET SECONDS: a line with the state, then the journal from there on; waits for news for at most that long.
follow() {
    mono
    fo_end=$((mono_s + $2)) fo_round=0
    while :; do
        if [ "$((fo_round % 10))" -eq 0 ]; then
            state_at_rest
            [ "$state" = running ] || break
        fi
        fo_size=0
        [ ! -e "$dir/journal" ] || fo_size=$(wc -c <"$dir/journal")
        [ "$fo_size" -le "$1" ] || break
        mono
        [ "$mono_s" -lt "$fo_end" ] || break
        fo_round=$((fo_round + 1))
        nap 0.2
    done
    printf '%s\n' "$state"
    tail -c "+$(($1 + 1))" "$dir/journal" 2>/dev/null
    return 0
}

# records: for every deployment of an environment the laptop's record and the journal's last line.
records() {
    for rd in "$1"/deployments/*; do
        value "$rd/in/record.json" || continue
        printf '%s\n' "$value"
        rd_last=$(grep "${TAB}finished${TAB}" "$rd/journal" 2>/dev/null | tail -n 1)
        printf '%s\n' "$rd_last"
    done
}

self=$0
case ${1-} in
run) run "$2" ;;
boot)
    exec </dev/null >>"$2/log" 2>&1
    run "$2"
    ;;
start) start "$2" ;;
state)
    open_deployment "$2"
    state_of
    printf '%s\n' "$state"
    ;;
follow)
    open_deployment "$2"
    follow "$3" "$4"
    ;;
records) records "$2" ;;
*) die "unknown call: ${1-}" ;;
esac

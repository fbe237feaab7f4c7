
# ---------------------------------------------------------------- one runner at a time

# start_time PID: when a process was started, to tell it from another one with the same number.
start_time() {
    if [ -r "/proc/$1/stat" ]; then
        # the second field is the program's name and may contain blanks and brackets
        sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20
    else
        ps -o lstart= -p "$1" 2>/dev/null
    fi
}

# holder: sets $holder to the deployment whose runner is the last one that got to work here, $holder_alive to 1 if it lives.
holder() {
    holder='' holder_alive=0
    [ -r "$root/runner.holder" ] || return 0
    IFS=$TAB read -r holder holder_pid holder_start <"$root/runner.holder" || return 0
    if kill -0 "$holder_pid" 2>/dev/null && [ "$(start_time "$holder_pid")" = "$holder_start" ]; then
        holder_alive=1
    fi
}

# is_held: whether somebody (a runner, or the last program of a killed one) holds the environment.
is_held() {
    [ -d "$root" ] || return 1
    if has flock; then
        # shared: two who look in the same moment must not take each other for a runner
        ! (flock -s -n 8) 8>>"$root/runner.flock"
    else
        holder
        [ "$holder_alive" -eq 1 ]
    fi
}

# is_running: whether a runner works on this deployment.
is_running() {
    is_held || return 1
    holder
    [ "$holder" = "$deployment" ]
}

# be_alone: returns 0 once this is the environment's only runner.
be_alone() {
    exec 9>>"$root/runner.flock"
    ba_tries=0
    until claim; do
        holder
        [ "$holder_alive" -eq 0 ] || is_finished "$root/deployments/$holder" || return 1
        ba_tries=$((ba_tries + 1))
        [ "$ba_tries" -lt 1500 ] || return 1
        nap 0.2
    done
    jot "$root/runner.pid" $$
    jot "$root/runner.holder" "$deployment$TAB$$$TAB$(start_time $$)"
}

claim() {
    if has flock; then
        flock -n 9
    else
        holder
        [ "$holder_alive" -eq 0 ]
    fi
}

# ---------------------------------------------------------------- the environment's lock, shared with the laptops

# It is the folder lock/ID; its heartbeat is a time stamp, which can be renewed on a full disk.
lock_is_ours() {
    [ -n "$lock_id" ] && [ -d "$root/lock/$lock_id" ]
}

tell_lock() {
    if lock_is_ours; then
        printf '%s\n' "$1" >"$root/lock/$lock_id/step.new" && mv -f "$root/lock/$lock_id/step.new" "$root/lock/$lock_id/step"
    fi
}

# beat: keeps the lock fresh for as long as this runner lives.
beat() {
    while kill -0 $$ 2>/dev/null; do
        touch -c "$root/lock/$lock_id/heartbeat"
        sleep 3
    done
}

release_lock() {
    lock_is_ours || return 0
    mv "$root/lock/$lock_id" "$root/lock.old.$lock_id" && rm -rf "$root/lock.old.$lock_id"
    rmdir "$root/lock" 2>/dev/null
}

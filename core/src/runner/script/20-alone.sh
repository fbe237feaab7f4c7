
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
    [ -r "$root/runner.pid" ] || return 0
    IFS=$TAB read -r holder holder_pid holder_start <"$root/runner.pid" || return 0
    if kill -0 "$holder_pid" 2>/dev/null && [ "$(start_time "$holder_pid")" = "$holder_start" ]; then
        holder_alive=1
    fi
}

# is_held: whether somebody (a runner, or the last program of a killed one) holds the environment.
is_held() {
    [ -d "$root" ] || return 1
    if has flock; then
        ! (flock -n 8) 8>>"$root/runner.flock"
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
    printf '%s\t%s\t%s\n' "$deployment" "$$" "$(start_time $$)" >"$root/runner.pid.new" && mv -f "$root/runner.pid.new" "$root/runner.pid"
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

lock_is_ours() {
    value "$root/lock/id" && [ "$value" = "$lock_id" ]
}

tell_lock() {
    if lock_is_ours; then
        printf '%s\n' "$1" >"$root/lock/step.new" && mv -f "$root/lock/step.new" "$root/lock/step"
    fi
}

# beat: keeps the lock fresh for as long as this runner lives.
beat() {
    while kill -0 $$ 2>/dev/null; do
        if lock_is_ours; then
            now_ms
            printf '%s\n' "$now_ms" >"$root/lock/heartbeat.new" && mv -f "$root/lock/heartbeat.new" "$root/lock/heartbeat"
        fi
        sleep 2
    done
}

release_lock() {
    lock_is_ours || return 0
    mv "$root/lock" "$root/lock.$deployment" && rm -rf "$root/lock.$deployment"
}

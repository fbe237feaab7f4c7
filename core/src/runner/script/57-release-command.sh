
# ---------------------------------------------------------------- the release command

release_command() {
    value "$in/release_command/service" || return 0
    rc_service=$value rc_name=$stack-release-$new rc_status=0
    real_of "$rc_service"
    rc_real=$real
    [ ! -e "$root/releases/$new/released" ] || return 0
    each_service start_need || return 1
    begin release_command "$rc_service"
    failpoint release_command.before
    run_release_command || rc_status=1
    failpoint release_command.after
    [ "$rc_status" -ne 0 ] || put "$root/releases/$new/released" "$deployment"
    end release_command "$rc_service" "$rc_status" "$rc_name"
}

# start_need: a service that the command depends on and that never ran here, such as the database of a first deployment.
start_need() {
    [ "$sv_previous" = - ] && grep -qxF -e "$sv_name" "$in/release_command/needs" || return 0
    swap_service
}

# The named container is the ledger: while it is there, nothing runs a second time in its place.
run_release_command() {
    rc_state=$(dk 30 inspect --type container -f '{{.State.Status}}|{{.State.ExitCode}}|{{index .Config.Labels "plimsoll.deployment"}}' "$rc_name" 2>/dev/null)
    case $rc_state in
    '') create_release_command || return 1 ;;
    created\|*) dk 60 start "$rc_name" >/dev/null 2>&1 ;;
    exited\|0\|* | running\|*) ;;
    *"|$deployment") ;;
    *)
        # it failed in an earlier deployment, which was undone; this one was asked for anew
        dk 60 rm -f "$rc_name" >/dev/null 2>&1
        create_release_command || return 1
        ;;
    esac
    await_release_command
}

create_release_command() {
    set --
    for rc_word in "$in"/release_command/argv/*; do
        whole "$rc_word"
        set -- "$@" "$whole"
    done
    compose "$new" run --no-deps -d --name "$rc_name" -l "plimsoll.deployment=$deployment" -- "$rc_real" "$@" && return 0
    engine_lost
    fail release_command_failed "the release command cannot be started: $(last_said)"
}

await_release_command() {
    value "$in/release_command/deadline_s"
    rc_limit=$value
    mono
    rc_end=$((mono_s + rc_limit))
    while :; do
        rc_state=$(dk 30 inspect --type container -f '{{.State.Status}}|{{.State.ExitCode}}' "$rc_name" 2>/dev/null)
        case $rc_state in
        exited\|0) return 0 ;;
        exited\|* | dead\|*)
            fail release_command_failed "the release command ends with status ${rc_state#*|}"
            break
            ;;
        '')
            if engine_answers; then
                fail release_command_failed "somebody removed the container of the release command"
                break
            fi
            wait_engine
            ;;
        esac
        mono
        if cancelled; then
            break
        elif [ "$mono_s" -gt "$rc_end" ]; then
            fail release_command_failed "the release command takes longer than $rc_limit s"
            break
        fi
        nap 0.3
    done
    dk 60 stop "$rc_name" >/dev/null 2>&1
    dk 30 logs --tail 50 "$rc_name" >"$dir/failed.log" 2>&1
    return 1
}

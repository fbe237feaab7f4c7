
# ---------------------------------------------------------------- the engine

# dk SECONDS WORDS...: the engine's client, in an environment of its own, for at most that long.
dk() {
    dk_limit=$1
    shift
    # the words of in/docker go first: append them, then turn the list around
    dk_n=$#
    while IFS= read -r dk_word; do
        set -- "$@" "$dk_word"
    done <"$in/docker"
    while [ "$dk_n" -gt 0 ]; do
        set -- "$@" "$1"
        shift
        dk_n=$((dk_n - 1))
    done
    if [ "$has_timeout" -eq 1 ]; then
        set -- timeout "$dk_limit" "$@"
    fi
    env -i PATH="$PATH" HOME="$HOME" "$@" </dev/null
}

# compose RELEASE WORDS...: Compose on a release's rendered file. What it prints is kept in $said.
compose() {
    co_release=$1
    shift
    # the file is rendered; only secrets and configs that come from a variable are looked up now
    co_env=$root/releases/$co_release/.env
    [ -f "$co_env" ] || co_env=/dev/null
    said=$(dk 1200 compose --ansi never --env-file "$co_env" -p "$stack" -f "$root/releases/$co_release/compose.json" "$@" 2>&1)
    co_status=$?
    printf '%s: compose %s: status %s\n%s\n' "$co_release" "$1" "$co_status" "$said"
    return $co_status
}

# up RELEASE SERVICE [WORDS...]: the service as the release wants it, and nothing else.
up() {
    drop_strays "$2"
    up_clean "$@"
}

# up_clean RELEASE SERVICE [WORDS...]: the same where no stray container is.
up_clean() {
    up_release=$1 up_service=$2
    shift 2
    compose "$up_release" up -d --no-deps --no-build --pull never "$@" -- "$up_service" && return 0
    fail swap_failed "$up_service cannot be started: $(last_said)" "$up_service"
}

# drop_strays SERVICE: its containers that never started. A Compose that dies within a recreate leaves one, in the way of the next.
drop_strays() {
    ids_of "$1" || return 0
    for ds_id in $ids; do
        [ "$(dk 30 inspect --type container -f '{{.State.Status}}' "$ds_id" 2>/dev/null)" = created ] || continue
        dk 60 rm -f "$ds_id" >/dev/null 2>&1
    done
}

last_said() {
    printf '%s\n' "$said" | tail -n 3
}

engine_answers() {
    dk 10 version >/dev/null 2>&1
}

# engine_lost: after something failed: whether the engine is to blame. Remembered in $outage.
engine_lost() {
    engine_answers || outage=1
    [ "$outage" -eq 1 ]
}

# wait_engine: until it answers; ends the runner, unfinished, when it stays away.
wait_engine() {
    engine_answers && return 0
    note engine "the engine does not answer; waiting for it"
    mono
    we_end=$((mono_s + ENGINE_PATIENCE_S))
    while [ "$mono_s" -lt "$we_end" ]; do
        nap 0.5
        if engine_answers; then
            note engine "the engine answers again"
            return 0
        fi
        mono
    done
    note engine "the engine stays away; start it, and the swap goes on from here"
    exit 75
}

# ---------------------------------------------------------------- what runs

# One line per container of the stack (`.ID`: the client then knows the fields' types, and that Health may be absent): id|service|image|status|exit|oom|restarts|health|memory|network|addresses
LOOK='{{.ID}}|{{index .Config.Labels "com.docker.compose.service"}}|{{.Image}}|{{.State.Status}}|{{.State.ExitCode}}|{{.State.OOMKilled}}|{{.RestartCount}}|{{if .State.Health}}{{.State.Health.Status}}{{else}}none{{end}}|{{.HostConfig.Memory}}|{{.HostConfig.NetworkMode}}|{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}'

# ids_of [SERVICE]: sets $ids to the containers of the stack or of one service.
ids_of() {
    if [ "$#" -eq 1 ]; then
        set -- --filter "label=com.docker.compose.service=$1"
    fi
    ids=$(dk 30 ps -aq --no-trunc --filter "label=com.docker.compose.project=$stack" \
        --filter label=com.docker.compose.oneoff=False "$@" 2>/dev/null)
}

# look: sets $now to what runs. No file: it must work on a full disk. Fails when the engine does not answer.
look() {
    ids_of || return 1
    now=
    [ -n "$ids" ] || return 0
    # shellcheck disable=SC2086 # ids are hex digits; a container that went away meanwhile is no error
    now=$(dk 30 inspect --type container -f "$LOOK" $ids 2>/dev/null)
    [ -n "$now" ] || engine_answers
}

# look_at SERVICE: `look` again, at the containers of it that were seen there; in half the time.
look_at() {
    la_ids=$(printf '%s\n' "$now" | awk -F'|' -v service="$1" '$2 == service { print $1 }')
    # shellcheck disable=SC2086 # ids are hex digits
    if [ -n "$la_ids" ] && la_now=$(dk 30 inspect --type container -f "$LOOK" $la_ids 2>/dev/null); then
        now=$la_now$(printf '\n%s\n' "$now" | awk -F'|' -v service="$1" '$2 != service')
    else
        look
    fi
}

# see_service SERVICE KIND: judges it by $now. Sets $seen to ready, waiting or broken; $seen_why and, if broken, $seen_code.
see_service() {
    seen=missing seen_why="$1 has no container" seen_code=unhealthy
    while IFS='|' read -r ct_id ct_service ct_image ct_status ct_exit ct_oom ct_restarts ct_health ct_memory ct_network ct_addresses; do
        [ "$ct_service" = "$1" ] || continue
        see_container "$2"
        [ "$seen" = ready ] || return 0
    done <<END
$now
END
}

see_container() {
    seen=ready
    if [ "$ct_oom" = true ] && [ "$ct_status" != running ]; then
        see_oom
    elif [ "$1" = oneshot ]; then
        see_oneshot
    elif [ "$ct_restarts" -gt 0 ] && [ "$ct_restarts" -gt "$(restarts_before)" ]; then
        case $ct_restarts in 1) see_times=once ;; *) see_times="$ct_restarts times" ;; esac
        see_crash "$ct_service was restarted $see_times"
    else
        case $ct_status:$1 in
        running:*) see_health ;;
        exited:mayend) see_oneshot ;;
        exited:* | dead:* | restarting:*) see_crash "$ct_service ends with status $ct_exit" ;;
        *) seen=waiting seen_why="$ct_service is $ct_status" ;;
        esac
    fi
}

see_health() {
    case $ct_health in
    starting | unhealthy) seen=waiting seen_why="the health check of $ct_service says $ct_health" ;;
    esac
}

# last_check: what the container's own health check said last, as the end of a sentence.
last_check() {
    lc=$(dk 10 inspect --type container -f '{{with .State.Health}}{{range .Log}}{{json .Output}}{{println}}{{end}}{{end}}' "$ct_id" 2>/dev/null |
        sed -n 's/^"\(.*\)"$/\1/p' | tail -n 1 | sed 's/\\[nrt]/ /g; s/\\"/"/g; s/\\u003c/</g; s/\\u003e/>/g; s/\\u0026/\&/g' | cut -c 1-300)
    [ -z "$lc" ] || printf ' (%s)' "$lc"
}

see_oneshot() {
    case $ct_status:$ct_exit in
    exited:0) ;;
    exited:* | dead:*) seen=broken seen_code=swap_failed seen_why="$ct_service ends with status $ct_exit" ;;
    *) seen=waiting seen_why="$ct_service has not ended" ;;
    esac
}

see_crash() {
    seen=broken seen_code=crash_loop seen_why=$1
    # a container that was restarted has forgotten that it was killed; the engine has not. Until the next second: it may have
    # happened in this one
    se_now=$(date +%s)
    se_oom=$(dk 10 events --since $((se_now - 3600)) --until $((se_now + 1)) --filter event=oom --filter "container=$ct_id" --format x 2>/dev/null)
    if [ -n "$se_oom" ]; then
        see_oom
    elif [ "$ct_exit" = 137 ] && [ "$ct_memory" -gt 0 ]; then
        # the engine can miss the kernel's word when the first process itself is the one that is killed
        seen_code=out_of_memory
        seen_why="$ct_service was killed, most likely for its memory; its limit is $((ct_memory / 1048576)) MiB"
    fi
}

see_oom() {
    seen=broken seen_code=out_of_memory
    if [ "$ct_memory" -gt 0 ]; then
        seen_why="$ct_service was killed for its memory; its limit is $((ct_memory / 1048576)) MiB"
    else
        seen_why="$ct_service was killed for its memory; it has no limit of its own, the machine has no more"
    fi
}

# restarts_before: how often the container had been restarted before we began.
restarts_before() {
    rb=$(grep "^$ct_id|" "$dir/before" 2>/dev/null | cut -d '|' -f 7)
    printf '%s' "${rb:-0}"
}


# ---------------------------------------------------------------- undo

undoing=0

# undo: back to the old release, wholly. May be done again from the start.
undo() {
    undoing=1
    drop_ballast
    if ! said undo -; then
        say undo - "$why_code" "$why"
    else
        recall_why
    fi
    tell_lock "undo"
    end_wish
    turn_back
    start_gap
    [ -z "$why_service" ] || keep_log
    failpoint undo.begun
    un_code=$why_code un_why=$why
    if [ -z "$old" ]; then
        close_detour
        each_service restore_new_only
        stop_gap
        finish failed "$un_code" "$un_why"
        return
    fi
    un_status=1
    # once more whatever the cause: a Compose that died halfway leaves what its next run mends
    for _ in 1 2; do
        wait_engine
        outage=0 undo_why=
        restore_all
        un_status=$?
        [ "$un_status" -ne 0 ] || break
    done
    close_detour
    failpoint undo.restored
    stop_gap
    if [ "$un_status" -eq 0 ]; then
        each_service drop_candidate
        failpoint undo.dropped
        finish rolled_back "$un_code" "$un_why"
    else
        finish rollback_failed "$un_code" "$(what_runs)"
    fi
}

# keep_log: the failing service's last words, before its container is gone.
keep_log() {
    ids_of "$why_service" || return 0
    for kl_id in $ids; do
        dk 30 logs --tail 50 "$kl_id" 2>&1
    done | tail -n 50 >"$dir/failed.log"
}

# recall_why: the reason an earlier runner gave.
recall_why() {
    why_line=$(grep "^[0-9]*${TAB}[0-9]*${TAB}undo${TAB}" "$journal" | head -n 1)
    why_code=$(printf '%s' "$why_line" | cut -f 5)
    why=$(printf '%s' "$why_line" | cut -f 6)
}

remove_service() {
    is_touched || return 0
    begin restore "$sv_name"
    rs_status=0
    remove_containers "$sv_name" || rs_status=1
    [ "$sv_way" != switch ] || remove_containers "$sv_name-$sw_to" || rs_status=1
    [ "$rs_status" -eq 0 ] || outage_or "$sv_name cannot be removed"
    end restore "$sv_name" "$rs_status" removed
    return 0
}

# remove_containers SERVICE: stopped first.
remove_containers() {
    ids_of "$1" || return 1
    rc_status=0
    for rc_id in $ids; do
        dk 900 stop "$rc_id" >/dev/null 2>&1
        dk 60 rm -f "$rc_id" >/dev/null 2>&1 || rc_status=1
    done
    return $rc_status
}

# outage_or REASON: keeps what went wrong in the undo; the first cause counts.
outage_or() {
    engine_lost
    undo_why=${undo_why:-$1}
}

# restore_all: what is only in the new release goes; then, in the order in which services depend on each other, what it replaced
# comes back. Goes on after a failure: the more of the old release runs, the better.
restore_all() {
    each_service restore_new_only
    each_removed restore_service
    each_service restore_changed
    prove
    [ -z "$undo_why" ]
}

# restore_new_only: a service that the old release does not have goes; its volumes stay.
restore_new_only() {
    if [ "$sv_previous" = - ] && [ "$sv_change" = changed ]; then
        remove_service
    fi
    return 0
}

restore_changed() {
    [ "$sv_previous" != - ] || return 0
    case $sv_change:$sv_kind in
    changed:oneshot) ! is_touched || note restore "$sv_name runs once and is not run again by an undo" ;;
    changed:*) restore_service ;;
    kept:oneshot) ;;
    kept:*) rekeep_service ;;
    esac
    return 0
}

restore_service() {
    is_touched && [ "$sv_kind" != oneshot ] || return 0
    begin restore "$sv_name"
    failpoint restore.begun "$sv_name"
    end_stops
    case $sv_way in
    switch) restore_switched ;;
    leave) restore_left ;;
    overlap) restore_overlapped ;;
    *) restore_plain ;;
    esac
    rs_status=$?
    [ "$rs_status" -eq 0 ] || outage_or "$why"
    end restore "$sv_name" "$rs_status" ''
    failpoint restore.ended "$sv_name"
    return 0
}

# restore_plain: the old container under the service's name, running if it ran.
restore_plain() {
    if was_stopped; then
        bring_back_stopped
    else
        up "$old" "$sv_name" && await_ready
    fi
}

# restore_overlapped: the new one goes first, and not the old one, which may still run beside it.
restore_overlapped() {
    found_before
    for ro_id in $fresh_ids; do
        dk 900 stop "$ro_id" >/dev/null 2>&1
        dk 60 rm -f "$ro_id" >/dev/null 2>&1
    done
    restore_plain
}

rekeep_service() {
    if was_stopped; then
        bring_back_stopped || outage_or "$why"
        return 0
    fi
    look && see_app && [ "$seen" = ready ] && return 0
    begin restore "$sv_name"
    rerun "$old"
    rs_status=$?
    [ "$rs_status" -eq 0 ] || outage_or "$why"
    end restore "$sv_name" "$rs_status" 'was not running; started'
    return 0
}

# was_stopped: whether the service had containers when the deployment began and none of them ran: somebody had stopped it.
was_stopped() {
    ws_found=1
    [ -r "$dir/before" ] || return 1
    while IFS='|' read -r ws_id ws_service ws_image ws_status ws_rest; do
        [ "$ws_service" = "$sv_real" ] || continue
        case $ws_status in
        exited | created) ws_found=0 ;;
        *) return 1 ;;
        esac
    done <"$dir/before"
    : "$ws_id" "$ws_image" "$ws_rest"
    return $ws_found
}

# bring_back_stopped: the old container is there again and does not run, as it was found.
bring_back_stopped() {
    up "$old" "$sv_real" --no-start && ids_of "$sv_real" || return 1
    for bb_id in $ids; do
        dk 900 stop "$bb_id" >/dev/null 2>&1 || fail swap_failed "$sv_name cannot be stopped again" "$sv_name" || return 1
    done
}

# end_stops: a stop that a dead Compose asked for is carried out however late, also when the container looks well by now.
end_stops() {
    ids_of "$sv_name" || return 0
    for es_id in $ids; do
        grep -q "^$es_id|" "$dir/before" 2>/dev/null || continue
        es_started=$(dk 30 inspect --type container -f '{{if .State.Running}}{{.State.StartedAt}}{{end}}' "$es_id" 2>/dev/null)
        [ -n "$es_started" ] || continue
        es_killed=$(dk 10 events --since "$es_started" --until $(($(date +%s) + 1)) --filter event=kill --filter "container=$es_id" --format x 2>/dev/null)
        [ -z "$es_killed" ] || dk 900 stop "$es_id" >/dev/null 2>&1
    done
}

# prove: the old images run, and the public URL answers again if it did before.
prove() {
    begin prove -
    failpoint prove.begun
    look || outage_or "the engine does not answer"
    each_removed prove_service
    each_service prove_service
    prove_public
    pv_status=0
    [ -z "$undo_why" ] || pv_status=1
    why=$undo_why
    end prove - "$pv_status" "the old release serves"
}

prove_service() {
    [ "$sv_previous" != - ] && [ "$sv_kind" != oneshot ] || return 0
    # what did not run before anything moved, and was not touched, need not run after
    is_touched || ran_before || return 0
    if see_image "$sv_previous" "$sv_real"; then
        see_service "$sv_real" "$sv_kind"
        [ "$seen" = ready ] || was_stopped || outage_or "$seen_why"
    else
        outage_or "$sv_real runs $ct_image, the old release has $sv_previous"
    fi
    prove_switch
    return 0
}

prove_switch() {
    [ "$sv_change" != removed ] && switch_of "$sv_name" && [ "$sw_from" != - ] || return 0
    is_turned "$sv_name" "$sw_from" || was_stopped || outage_or "the switch of $sv_name does not pass on to $sv_real: $switch_said"
}

# ran_before: whether a container of the service ran when the deployment began.
ran_before() {
    grep -q "^[^|]*|$sv_real|[^|]*|running|" "$dir/before" 2>/dev/null
}

prove_public() {
    [ -e "$dir/public_was_good" ] || return 0
    public_probe || return 0
    value "$public/deadline_s"
    mono
    pp_end=$((mono_s + value))
    until ask_public "$public" /nonexistent; do
        mono
        if [ "$mono_s" -gt "$pp_end" ]; then
            outage_or "$ask_why"
            return 0
        fi
        nap 0.3
    done
}

# what_runs: for the one who has to mend it by hand.
what_runs() {
    printf 'the undo fails: %s. First cause: %s. What runs: ' "$undo_why" "$un_why"
    dk 30 ps -a --filter "label=com.docker.compose.project=$stack" --format '{{.Names}} ({{.Image}}, {{.Status}}); ' 2>&1 | tr '\n' ' '
    printf 'To bring the old release back: docker compose -p %s -f %s up -d --no-build --pull never --no-deps' \
        "$stack" "$(shell_quoted "$root/releases/$old/compose.json")"
    # named, because a colour starts only where it is
    each_service name_old
    each_removed name_old
}

name_old() {
    [ "$sv_previous" != - ] || return 0
    printf ' %s' "$sv_name"
    [ "$sv_real" = "$sv_name" ] || printf ' %s' "$sv_real"
}


# ---------------------------------------------------------------- forward

# each_service FUNCTION: calls it with name, kind, change, wanted image, previous image, deadline, way, and the Compose service
# in which its app runs; stops at the first that fails.
each_service() {
    while IFS=$TAB read -r sv_name sv_kind sv_change sv_wanted sv_previous sv_deadline sv_way <&3; do
        real_of "$sv_name"
        sv_real=$real
        "$1" || return 1
    done 3<"$in/services"
}

# each_removed FUNCTION: the same for services that only the old release has.
each_removed() {
    sv_change=removed sv_wanted=- sv_way=recreate
    while IFS=$TAB read -r sv_name sv_kind sv_previous sv_deadline <&3; do
        sv_real=$sv_name
        "$1" || return 1
    done 3<"$in/removed"
}

# touch_service: just before the line that says what begins.
touch_service() {
    if ! is_touched; then
        printf '%s\n' "$sv_name" >>"$dir/touched" && with_it=$dir/touched
    fi
}

is_touched() {
    grep -qxF -e "$sv_name" "$dir/touched" 2>/dev/null
}

# look_well [SERVICE]: `look`, or `look_at` it, or the reason why not.
look_well() {
    if [ "$#" -eq 1 ]; then
        look_at "$1"
    else
        look
    fi && return 0
    engine_lost
    fail swap_failed "the engine does not answer"
}

# await_ready: until the service is ready, broken, or its deadline passes.
await_ready() {
    mono
    ar_end=$((mono_s + sv_deadline))
    while :; do
        look_well || return 1
        see_service "$sv_real" "$sv_kind"
        [ "$seen" != ready ] || return 0
        if [ "$seen" = broken ]; then
            broken
            return
        fi
        [ "$undoing" -eq 1 ] || ! cancelled || return 1
        mono
        if [ "$mono_s" -gt "$ar_end" ]; then
            fail unhealthy "$sv_name is not ready after $sv_deadline s: $seen_why$(last_check)" "$sv_real"
            return
        fi
        nap 0.3
    done
}

# broken: what was just seen is; did the engine take it down with itself?
broken() {
    nap 1
    engine_lost
    fail "$seen_code" "$seen_why" "$sv_real"
}

# swap_early, swap_late: before the switches turn, and after: what uses a switched service finds the new one there.
swap_early() {
    case $sv_way in later | overlap) ;; *) swap_service ;; esac
}

swap_late() {
    case $sv_way in later | overlap) swap_service ;; esac
}

swap_service() {
    ! cancelled || return 1
    if [ "$sv_change" = kept ]; then
        keep_service
        return
    elif [ "$sv_way" = switch ]; then
        stage_candidate
        return
    fi
    touch_service
    begin swap "$sv_name"
    failpoint swap.begun "$sv_name"
    leave_colour && recreate && failpoint swap.up "$sv_name" && await_ready && { [ "$sv_way" != leave ] || relearn; }
    end swap "$sv_name" "$?" ready
    ss_status=$?
    failpoint swap.ended "$sv_name"
    return $ss_status
}

# recreate: the old container stops, then the new one starts; where they may overlap it is the other way round.
recreate() {
    if [ "$sv_way" = overlap ]; then
        start_beside || return 1
    fi
    up "$new" "$sv_name" && return 0
    engine_lost
    return 1
}

# start_beside: a second container of the service, of the new release; once it is ready the old one goes.
start_beside() {
    found_before
    [ -n "$before_ids" ] || return 0
    if ! up "$new" "$sv_name" --no-recreate --scale "$sv_name=2"; then
        engine_lost
        return 1
    fi
    failpoint overlap.both "$sv_name"
    await_ready || return 1
    for sb_id in $before_ids; do
        dk 900 stop "$sb_id" >/dev/null 2>&1
        dk 60 rm "$sb_id" >/dev/null 2>&1
    done
}

# found_before: sets $before_ids to those containers of the service that were there before we began and still are,
# $fresh_ids to the others.
found_before() {
    before_ids='' fresh_ids=''
    ids_of "$sv_name" || return 0
    for fb_id in $ids; do
        if grep -q "^$fb_id|" "$dir/before" 2>/dev/null; then
            before_ids="$before_ids $fb_id"
        else
            fresh_ids="$fresh_ids $fb_id"
        fi
    done
}

# keep_service: what need not change need only run; an engine's restart may have ended it.
keep_service() {
    [ "$sv_kind" != oneshot ] || return 0
    look_well || return 1
    see_app
    [ "$seen" != ready ] || return 0
    begin swap "$sv_name"
    rerun "$new"
    end swap "$sv_name" "$?" "was not running; started"
}

# see_app: judges the service of each_service, its switch included.
see_app() {
    see_service "$sv_real" "$sv_kind"
    [ "$seen" = ready ] && [ "$sv_way" = switch ] || return 0
    see_service "$sv_name" long
}

# rerun RELEASE: what should run as it is in that release is started where it does not.
rerun() {
    if [ "$sv_way" = switch ]; then
        up "$1" "$sv_name" --no-recreate || return 1
    fi
    up "$1" "$sv_real" --no-recreate && await_ready
}

stop_removed() {
    touch_service
    begin stop "$sv_name"
    failpoint stop.begun "$sv_name"
    sr_status=0
    ids_of "$sv_name" || sr_status=1
    for sr_id in $ids; do
        dk 900 stop "$sr_id" >/dev/null 2>&1 || sr_status=1
    done
    if [ "$sr_status" -ne 0 ]; then
        engine_lost
        fail swap_failed "$sv_name cannot be stopped" "$sv_name"
    fi
    end stop "$sv_name" "$sr_status" ''
}

# check_services: whether any service is broken. Used while waiting for something else.
check_services() {
    look_well && each_service check_service
}

check_service() {
    [ "$sv_kind" != oneshot ] || return 0
    see_app
    case $seen in
    ready) return 0 ;;
    waiting) [ "$ct_health" != unhealthy ] || [ "$strict" -eq 0 ] || fail unhealthy "$seen_why$(last_check)" "$sv_real" ;;
    *) broken ;;
    esac
}

# probe_all: every probe until it answers well, each with a deadline of its own.
probe_all() {
    for pa_probe in "$in"/probes/*; do
        [ -d "$pa_probe" ] || continue
        await_probe "$pa_probe" || return 1
    done
}

# await_probe PROBE: asks until the answer is good, and $probe_check as long as it is not.
probe_check=check_services probe_nap=

await_probe() {
    value "$1/service" || value=-
    ab_service=$value
    begin probe "$ab_service"
    value "$1/deadline_s"
    mono
    ab_begun=$mono_s ab_end=$((mono_s + value)) ab_status=1
    while "$probe_check" && ! cancelled; do
        if try_probe "$1"; then
            ab_status=0
            break
        fi
        mono
        if [ "$mono_s" -gt "$ab_end" ]; then
            value "$1/deadline_s"
            ab_of=$ab_service
            [ "$ab_of" != - ] || ab_of=
            [ -z "$ab_of" ] || real_of "$ab_of"
            [ -z "$ab_of" ] || ab_of=$real
            fail unhealthy "no good answer within $value s: $ask_why" "$ab_of"
            break
        fi
        value "$1/interval_s"
        nap "${probe_nap:-$value}"
    done
    mono
    end probe "$ab_service" "$ab_status" "$((mono_s - ab_begun)) s"
}

# verify: the containers that run are made of the images that were asked for.
verify() {
    begin verify -
    vf_status=0
    { look_well && each_service verify_service; } || vf_status=1
    end verify - "$vf_status" "every image is the wanted one"
}

verify_service() {
    [ "$sv_kind:$sv_change" != oneshot:kept ] || return 0
    see_image "$sv_wanted" "$sv_real" || fail wrong_image "$sv_real runs $ct_image, wanted is $sv_wanted" "$sv_real" || return 1
    [ "$sv_way" = switch ] || return 0
    switch_of "$sv_name"
    see_image "$sw_image" "$sv_name" || fail wrong_image "the switch of $sv_name runs $ct_image, wanted is $sw_image" "$sv_name" || return 1
    is_turned "$sv_name" "$sw_to" || fail swap_failed "the switch of $sv_name does not pass on to $sv_real: $switch_said" "$sv_name"
}

# see_image IMAGE SERVICE: whether every container of the service is made of it.
see_image() {
    si_found=1
    while IFS='|' read -r ct_id ct_service ct_image ct_status ct_exit ct_oom ct_restarts ct_health ct_memory ct_network ct_addresses; do
        [ "$ct_service" = "$2" ] || continue
        [ "$ct_image" = "$1" ] || return 1
        si_found=0
    done <<END
$now
END
    [ "$si_found" -eq 0 ] || ct_image=nothing
    return $si_found
}

# soak: watches for as long as was asked. One bad answer of the public URL is noise, three in a row are not.
soak() {
    value "$in/soak_s"
    sk_long=$value sk_bad=0 sk_status=0 strict=1
    begin soak -
    mono
    sk_end=$((mono_s + sk_long))
    while :; do
        failpoint soak.tick
        if ! check_services || cancelled || ! soak_public; then
            sk_status=1
            break
        fi
        mono
        [ "$mono_s" -lt "$sk_end" ] || break
        rest
    done
    strict=0
    end soak - "$sk_status" "$sk_long s without a restart"
}

# rest: a second, unless the user wants an end of it.
rest() {
    rs_left=10
    while [ "$rs_left" -gt 0 ] && [ ! -e "$dir/cancel" ]; do
        nap 0.1
        rs_left=$((rs_left - 1))
    done
}

soak_public() {
    public_probe || return 0
    if ask_public "$public" "$public/expect"; then
        sk_bad=0
        return 0
    fi
    sk_bad=$((sk_bad + 1))
    [ "$sk_bad" -ge 3 ] || return 0
    fail unhealthy "the public URL went bad: $ask_why"
}

# attempt: from the first service until nobody needs the old release any more. May be done again from the start.
attempt() {
    start_gap
    at_status=0
    { each_service swap_early && turn_all && heed_wish && each_service swap_late && failpoint swap.all && each_removed stop_removed && failpoint stop.all &&
        probe_all && failpoint probe.all && verify && failpoint verify.done; } || at_status=1
    # the gap of an attempt that fails goes on until the old release answers again
    [ "$at_status" -eq 0 ] || return 1
    stop_gap
    soak && failpoint soak.done && each_service drain_old || return 1
    end_wish
    ! cancelled
}

# forward: 0 when the new release is live, 1 when the attempt must be undone.
forward() {
    for fw_try in 1 2; do
        outage=0 why='' why_code='' why_service=''
        release_command && failpoint swap.before && attempt && return 0
        [ "$why_code" != cancelled ] && [ "$outage" -eq 1 ] || return 1
        wait_engine
        [ "$fw_try" -eq 2 ] || note engine "the engine went away; once more from the first service"
    done
    return 1
}

# look_ahead: what ran before anything moved is asked for while the hook is armed; so is the world: both take their time.
look_ahead() {
    [ ! -e "$dir/before" ] || return 0
    { look && printf '%s\n' "$now" >"$work/seen"; } 9>&- >/dev/null 2>&1 &
    la_looking=$!
    { public_probe && ask_public "$public" /nonexistent && : >"$dir/public_was_good"; } 9>&- >/dev/null 2>&1 &
    la_asking=$!
}

# remember_before: what ran before anything moved; made once.
remember_before() {
    if [ -e "$dir/before" ]; then
        wait_engine
        return 0
    fi
    if wait "$la_looking"; then
        now=$(cat "$work/seen")
    else
        wait_engine && look || return 1
    fi
    wait "$la_asking"
    put "$dir/before" "$now"
}

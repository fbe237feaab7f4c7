
# ---------------------------------------------------------------- a switched service, forward

# stage_candidate: the new colour beside the old one: running, healthy, answering at its own address, and known to the switch.
stage_candidate() {
    switch_of "$sv_name"
    sc_fresh=0
    is_fresh || sc_fresh=1
    touch_service
    begin candidate "$sv_name"
    [ "$sc_fresh" -eq 0 ] || drop_halted "$sv_real"
    failpoint candidate.begun "$sv_name"
    start_candidate && failpoint candidate.up "$sv_name" && await_ready && probe_candidate && await_seen && still_well
    end candidate "$sv_name" "$?" "$sw_to"
    sc_status=$?
    failpoint candidate.ended "$sv_name"
    return $sc_status
}

# is_fresh: whether nothing of the candidate can be there: nobody tried yet, and what was seen before we began has none.
is_fresh() {
    ! is_touched && [ -n "${now-}" ] && ! find_container "$sv_real"
}

start_candidate() {
    up_clean "$new" "$sv_real" && return 0
    engine_lost
    return 1
}

# probe_candidate: its own probes, at its own address: nobody is sent to it yet.
probe_candidate() {
    probe_check=check_candidate probe_nap=0.05 cc_looked='' pc_status=0
    for pc_probe in "$in"/probes/*; do
        value "$pc_probe/service"
        [ "$value" = "$sv_name" ] || continue
        await_probe "$pc_probe" && continue
        pc_status=1
        break
    done
    probe_check=check_services probe_nap=
    return $pc_status
}

# check_candidate: once a second: asking the engine takes longer than asking the candidate.
check_candidate() {
    mono
    [ "$mono_s" != "$cc_looked" ] || return 0
    cc_looked=$mono_s
    look_well "$sv_real" || return 1
    see_service "$sv_real" "$sv_kind"
    [ "$seen" != broken ] || broken
}

# await_seen: until the switch knows where the candidate is. One that is yet to be made will look for it when it starts.
await_seen() {
    [ "$sw_deed" = turn ] || return 0
    await_switch switch_sees "$sv_name" "$sw_to" || fail swap_failed "the switch of $sv_name does not find $sv_real: $switch_said" "$sv_name"
}

# still_well: one that answers and dies in the same moment is not turned to.
still_well() {
    look_well "$sv_real" || return 1
    see_service "$sv_real" "$sv_kind"
    [ "$seen" = ready ] || broken
}

# await_switch FUNCTION SERVICE COLOUR: until it says yes, at most 20 s.
await_switch() {
    mono
    aw_end=$((mono_s + 20))
    until "$@"; do
        mono
        [ "$mono_s" -lt "$aw_end" ] || return 1
        nap 0.05
        look || return 1
    done
}

# turn_all: every switch to its new colour, one right after the other.
turn_all() {
    is_any_switched || return 0
    ta_status=0 turned_to=
    if each_service gather_new && draw_map "$turned_to"; then
        with_it=$root/switch/active.map.new
    else
        ta_status=1
        fail swap_failed "the switches' map cannot be written"
    fi
    begin turn -
    failpoint turn.begun
    now_ms
    jot "$dir/turned" "$now_ms"
    # a machine that goes down before the folder is on disk comes back with all of them as they were
    { [ "$ta_status" -eq 0 ] && lay_map && failpoint turn.pointed && each_service turn_one && failpoint turn.all && durable "$root/switch" && each_service install_one; } || ta_status=1
    end turn - "$ta_status" ''
    ta_status=$?
    failpoint turn.ended
    return $ta_status
}

is_any_switched() {
    grep -q "^[^${TAB}]*${TAB}[^${TAB}]*${TAB}changed${TAB}.*${TAB}switch\$" "$in/services"
}

is_switched() {
    [ "$sv_change:$sv_way" = changed:switch ] && switch_of "$sv_name"
}

# gather_new, gather_old: adds a line of the map to $turned_to.
gather_new() {
    ! is_switched || turned_to="$turned_to
$sv_name $sw_to"
}

turn_one() {
    is_switched && [ "$sw_deed" = turn ] || return 0
    failpoint turn.one "$sv_name"
    tell_switch "$sv_name" "$sw_to" || install_switch "$new" "$sw_to"
}

install_one() {
    is_switched && [ "$sw_deed" = install ] || return 0
    failpoint install.begun "$sv_name"
    open_detour "$sv_name"
    failpoint install.open "$sv_name"
    install_switch "$new" "$sw_to"
    in_status=$?
    relearn
    [ "$in_status" -ne 0 ] || close_detour
    failpoint install.ended "$sv_name"
    return $in_status
}

# relearn: nginx asks for an address once and keeps it for as long as it runs. Where another container bears the service's name
# now, at another address, every nginx of the stack asks again.
relearn() {
    value "$dir/address.$sv_name" || value=$(awk -F'|' -v service="$sv_name" '$2 == service { print $11; exit }' "$dir/before" 2>/dev/null)
    rl_known=$value
    [ -n "$rl_known" ] && look && find_container "$sv_name" && [ "$ct_addresses" != "$rl_known" ] || return 0
    rl_now=$ct_addresses
    ids_of || return 0
    for rl_id in $ids; do
        ! dk 10 exec "$rl_id" nginx -s reload >/dev/null 2>&1 || note reload "$sv_name has another address; nginx was told to look for it"
    done
    put "$dir/address.$sv_name" "$rl_now"
    return 0
}

# install_switch RELEASE COLOUR: the switch as that release wants it, in the place of whatever bears the service's name.
install_switch() {
    is_switch=$2
    # who may open the folder may turn the switch
    chmod 700 "$root/switch"
    # one that runs turns first: what replaces it passes on to the same
    turn_switch "$sv_name" "$2"
    if ! up "$1" "$sv_name"; then
        engine_lost
        return 1
    fi
    await_switch is_passing "$sv_name" "$is_switch" || fail swap_failed "the switch of $sv_name does not work: $switch_said" "$sv_name"
}

is_passing() {
    is_turned "$1" "$2" && switch_sees "$1" "$2"
}

# drain_old: what began at the old colour may end there. It serves again with one turn until then; a new release that fails
# meanwhile is undone like in the soak.
drain_old() {
    is_switched && [ "$sw_from" != - ] && find_container "$sv_name-$sw_from" || return 0
    # a service is asked about meanwhile, which takes these names
    do_name=$sv_name do_from=$sw_from do_long=$sw_drain
    begin drain "$do_name"
    failpoint drain.begun "$do_name"
    value "$dir/turned" || value=0
    strict=1 drain_check=is_all_well
    drain "$do_name" "$do_from" "$value" "$do_long"
    do_status=$?
    strict=0 drain_check=:
    failpoint drain.done "$do_name"
    end drain "$do_name" "$do_status" "$do_from"
}

# is_all_well: asks the engine once a second.
is_all_well() {
    ! cancelled || return 1
    mono
    [ "$mono_s" != "${aw_looked-}" ] || return 0
    aw_looked=$mono_s
    check_services
}

# retire_old: after the commit: the old colour is stopped and gone: nobody starts an old version by accident.
retire_old() {
    is_switched && [ "$sw_from" != - ] || return 0
    wait_engine
    ids_of "$sv_name-$sw_from" || return 0
    [ -n "$ids" ] || return 0
    begin retire "$sv_name"
    failpoint retire.begun "$sv_name"
    halt_surely "$sv_name-$sw_from" && drop_halted "$sv_name-$sw_from"
    end retire "$sv_name" "$?" "$sw_from"
    failpoint retire.ended "$sv_name"
    return 0
}

# leave_colour: a service that loses its switch may not run twice any more: the old one stops before the new one starts.
leave_colour() {
    [ "$sv_way" = leave ] && switch_of "$sv_name" || return 0
    halt "$sv_name-$sw_from" && failpoint leave.halted "$sv_name" && return 0
    engine_lost
    fail swap_failed "$sv_name-$sw_from cannot be stopped" "$sv_name-$sw_from"
}

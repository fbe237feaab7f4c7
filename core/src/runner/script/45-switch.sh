
# ---------------------------------------------------------------- the switch of a service
# It bears the service's name and passes on to SERVICE-blue or SERVICE-green. Its folder holds active.map (what a restart of it
# reads) and admin.sock (what turns the running one).

# switch_of SERVICE: how it is switched, as the order has it; status 1 when it is not behind a switch.
# $sw_from is - where it was not before; $sw_deed is `turn`, or `install` where the switch itself is to be made anew.
switch_of() {
    while IFS=$TAB read -r sw_name sw_from sw_to sw_drain sw_image sw_deed <&6; do
        [ "$sw_name" != "$1" ] || return 0
    done 6<"$in/switched"
    return 1
}

# real_of SERVICE: sets $real to the Compose service in which its app runs: the new colour, in an undo the old one.
real_of() {
    real=$1
    switch_of "$1" || return 0
    if [ "$undoing" -eq 0 ]; then
        real=$1-$sw_to
    elif [ "$sw_from" != - ]; then
        real=$1-$sw_from
    fi
}

# ask_switch SERVICE PATH CURL-WORDS...: sets $switch_said to its answer.
ask_switch() {
    as_service=$1 as_path=$2
    shift 2
    # the path of a socket must be short
    switch_said=$(cd -- "$root/switch/$as_service" 2>/dev/null && curl -q -sS -g --noproxy '*' --max-time 5 \
        --unix-socket admin.sock "$@" --url "http://switch/$as_path" 2>&1)
}

# is_turned SERVICE COLOUR: whether the running switch passes on to it.
is_turned() {
    ask_switch "$1" active && [ "$switch_said" = "$2" ]
}

# turn_switch SERVICE COLOUR: the map first, so that a switch that dies now comes back right; then the running one.
turn_switch() {
    put "$root/switch/$1/active.map" "active $2" && ask_switch "$1" "turn/$2" -X POST && [ "$switch_said" = "$2" ]
}

# switch_sees SERVICE COLOUR: whether it knows, for every port, the address of that colour's container (by $now). It asks the
# engine's DNS server three times a second, and may still remember a container that is gone.
switch_sees() {
    find_container "$1-$2" || return 1
    ask_switch "$1" 'stats;csv' || return 1
    printf '%s\n' "$switch_said" | awk -F, -v colour="$2" -v addresses=" $ct_addresses" '
        NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        $1 ~ "^" colour "_[0-9]+$" && $2 == "app" {
            address = $(at["addr"])
            sub(/:[0-9]*$/, "", address)
            if (address != "" && $(at["status"]) ~ /^(UP|no check)/ && index(addresses, " " address " ")) seen++; else missing++
        }
        END { exit !(seen > 0 && missing + 0 == 0) }'
}

# is_drained SERVICE COLOUR: whether no request and no connection of that colour is open any more.
is_drained() {
    ask_switch "$1" 'stats;csv' || return 1
    printf '%s\n' "$switch_said" | awk -F, -v colour="$2" '
        NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        $1 ~ "^" colour "_[0-9]+$" && $2 == "BACKEND" { open += $(at["scur"]); seen++ }
        END { exit !(seen > 0 && open == 0) }'
}

# drain SERVICE COLOUR SINCE-MS SECONDS: until it is drained, at most that long after the turn.
drain() {
    dr_end=$(($3 + $4 * 1000))
    until is_drained "$1" "$2"; do
        now_ms
        [ "$now_ms" -lt "$dr_end" ] || return 0
        nap 0.2
    done
}

# halt SERVICE: stops its containers for good: a reboot does not bring them back.
halt() {
    ids_of "$1" || return 1
    ht_status=0
    for ht_id in $ids; do
        dk 60 update --restart=no "$ht_id" >/dev/null 2>&1 || ht_status=1
        dk 900 stop "$ht_id" >/dev/null 2>&1 || ht_status=1
    done
    return $ht_status
}

# halt_surely SERVICE: an engine that goes away meanwhile would start it again when it comes back.
halt_surely() {
    for _ in 1 2 3; do
        wait_engine
        halt "$1" && return 0
    done
    return 1
}

# drop_halted SERVICE: its containers that do not run; what starts next is made anew, with the restart policy of its file.
drop_halted() {
    ids_of "$1" || return 0
    for dh_id in $ids; do
        dk 60 rm "$dh_id" >/dev/null 2>&1
    done
}

# ---------------------------------------------------------------- a switched service, forward

# stage_candidate: the new colour beside the old one: running, healthy, answering at its own address, and known to the switch.
stage_candidate() {
    switch_of "$sv_name"
    begin candidate "$sv_name"
    touch_service
    failpoint candidate.begun "$sv_name"
    start_candidate && failpoint candidate.up "$sv_name" && await_ready && probe_candidate && await_seen
    end candidate "$sv_name" "$?" "$sw_to"
    sc_status=$?
    failpoint candidate.ended "$sv_name"
    return $sc_status
}

start_candidate() {
    drop_halted "$sv_real"
    up "$new" "$sv_real" && return 0
    engine_lost
    return 1
}

# probe_candidate: its own probes, at its own address: nobody is sent to it yet.
probe_candidate() {
    probe_check=check_candidate pc_status=0
    for pc_probe in "$in"/probes/*; do
        value "$pc_probe/service"
        [ "$value" = "$sv_name" ] || continue
        await_probe "$pc_probe" && continue
        pc_status=1
        break
    done
    probe_check=check_services
    return $pc_status
}

check_candidate() {
    look_well || return 1
    see_service "$sv_real" "$sv_kind"
    [ "$seen" != broken ] || broken
}

# await_seen: until the switch knows where the candidate is. One that is yet to be made will look for it when it starts.
await_seen() {
    [ "$sw_deed" = turn ] || return 0
    await_switch switch_sees "$sv_name" "$sw_to" || fail swap_failed "the switch of $sv_name does not find $sv_real: $switch_said" "$sv_name"
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
    begin turn -
    failpoint turn.begun
    now_ms
    put "$dir/turned" "$now_ms"
    ta_status=0
    { each_service turn_one && failpoint turn.all && each_service install_one; } || ta_status=1
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

turn_one() {
    is_switched && [ "$sw_deed" = turn ] || return 0
    failpoint turn.one "$sv_name"
    turn_switch "$sv_name" "$sw_to" || install_switch "$new" "$sw_to"
}

install_one() {
    is_switched && [ "$sw_deed" = install ] || return 0
    failpoint install.begun "$sv_name"
    open_detour "$sv_name"
    failpoint install.open "$sv_name"
    install_switch "$new" "$sw_to"
    in_status=$?
    [ "$in_status" -ne 0 ] || close_detour
    failpoint install.ended "$sv_name"
    return $in_status
}

# install_switch RELEASE COLOUR: the switch as that release wants it, in the place of whatever bears the service's name.
install_switch() {
    is_switch=$2
    # who may open the folder may turn the switch
    chmod 700 "$root/switch/$sv_name"
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

# retire_old: after the commit: the old colour is drained, then stopped. It stays, to be looked at, until its colour is used again.
retire_old() {
    is_switched && [ "$sw_from" != - ] || return 0
    wait_engine
    ids_of "$sv_name-$sw_from" || return 0
    [ -n "$ids" ] || return 0
    begin drain "$sv_name"
    failpoint drain.begun "$sv_name"
    value "$dir/turned" || value=0
    drain "$sv_name" "$sw_from" "$value" "$sw_drain"
    failpoint drain.done "$sv_name"
    halt_surely "$sv_name-$sw_from"
    end drain "$sv_name" "$?" "$sw_from"
    failpoint drain.ended "$sv_name"
    return 0
}

# ---------------------------------------------------------------- a switched service, back

# turn_back: the first thing of an undo: the old colours still run, and serve again within milliseconds.
turn_back() {
    is_any_switched && look || return 0
    each_service turn_one_back
    failpoint back.turned
}

turn_one_back() {
    is_switched && [ "$sw_from" != - ] && is_touched || return 0
    see_service "$sv_real" "$sv_kind"
    [ "$seen" != ready ] || turn_switch "$sv_name" "$sw_from"
    return 0
}

# restore_switched: the old colour runs and the old switch passes on to it.
restore_switched() {
    switch_of "$sv_name"
    if [ "$sw_from" = - ]; then
        restore_plain
    elif was_stopped; then
        bring_back_stopped
    else
        rerun_old && switch_back
    fi
}

switch_back() {
    if [ "$sw_deed" = turn ]; then
        turn_switch "$sv_name" "$sw_from" && return 0
    fi
    install_switch "$old" "$sw_from"
}

# rerun_old: the old colour's container, which should never have stopped.
rerun_old() {
    look || return 1
    see_service "$sv_real" "$sv_kind"
    [ "$seen" != ready ] || return 0
    up "$old" "$sv_real" && await_ready
}

# drop_candidate: what no switch passes on to any more goes, once it is drained.
drop_candidate() {
    is_switched && is_touched || return 0
    wait_engine
    ids_of "$sv_name-$sw_to" || return 0
    [ -n "$ids" ] || return 0
    now_ms
    [ "$sw_from" = - ] || drain "$sv_name" "$sw_to" "$now_ms" "$sw_drain"
    halt_surely "$sv_name-$sw_to"
    drop_halted "$sv_name-$sw_to"
}

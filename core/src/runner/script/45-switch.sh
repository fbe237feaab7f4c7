
# ---------------------------------------------------------------- the switch of a service
# It bears the service's name and passes on to SERVICE-blue or SERVICE-green. The switches of a stack share a folder: active.map says
# for each one where it leads (what a restart of it reads), and SERVICE.sock turns the running one.

# switch_of SERVICE: how it is switched, as the order has it; status 1 when it is not behind a switch.
# $sw_from is - where it was not before, $sw_to where it will not be; $sw_deed is `turn`, `install` where the switch itself is to be
# made anew, or `leave`.
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
        [ "$sw_to" = - ] || real=$1-$sw_to
    elif [ "$sw_from" != - ]; then
        real=$1-$sw_from
    fi
}

# ask_switch SERVICE PATH CURL-WORDS...: sets $switch_said to its answer.
ask_switch() {
    as_service=$1 as_path=$2
    shift 2
    # the path of a socket must be short
    switch_said=$(cd -- "$root/switch" 2>/dev/null && curl -q -sS -g --noproxy '*' --max-time 5 \
        --unix-socket "$as_service.sock" "$@" --url "http://switch/$as_path" 2>&1)
}

# is_turned SERVICE COLOUR: whether the running switch passes on to it.
is_turned() {
    ask_switch "$1" active && [ "$switch_said" = "$2" ]
}

# point LINES: the map with these lines, `SERVICE COLOUR`, instead of those of the same services: all of them in one rename, so that
# a machine that dies now comes back with all of them turned or none.
point() {
    draw_map "$1" && durable "$root/switch/active.map.new" && lay_map && durable "$root/switch"
}

# draw_map LINES, lay_map: the map beside the one that counts, and in its place.
draw_map() {
    {
        printf '%s\n' "$1"
        cat "$root/switch/active.map" 2>/dev/null
    } | awk 'NF == 2 && !seen[$1]++' >"$root/switch/active.map.new"
}

lay_map() {
    mv -f "$root/switch/active.map.new" "$root/switch/active.map"
}

# tell_switch SERVICE COLOUR: the running one.
tell_switch() {
    ask_switch "$1" "turn/$2" -X POST && [ "$switch_said" = "$2" ]
}

# turn_switch SERVICE COLOUR: the map first, so that a switch that dies now comes back right; then the running one.
turn_switch() {
    point "$1 $2" && tell_switch "$1" "$2"
}

# switch_sees SERVICE COLOUR: whether it knows, for every port, the address of that colour's container (by $now). It asks the
# engine's DNS server three times a second, and may still remember a container that is gone.
switch_sees() {
    find_container "$1-$2" || return 1
    ask_switch "$1" 'stats;csv' || return 1
    printf '%s\n' "$switch_said" | awk -F, -v colour="$2" -v addresses=" $ct_addresses" '
        NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        $1 ~ "^" colour "_[0-9]+_" && $2 == "app" {
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
        $1 ~ "^" colour "_[0-9]+_" && $2 == "BACKEND" { open += $(at["scur"]); seen++ }
        END { exit !(seen > 0 && open == 0) }'
}

# drain SERVICE COLOUR SINCE-MS SECONDS: until it is drained, at most that long after the turn; and never longer than that from
# now, whatever the clock did since.
drain() {
    now_ms
    dr_left=$(($4 - (now_ms - $3) / 1000))
    [ "$dr_left" -le "$4" ] || dr_left=$4
    mono
    dr_end=$((mono_s + dr_left))
    until is_drained "$1" "$2"; do
        mono
        [ "$mono_s" -lt "$dr_end" ] || return 0
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

# retire_old: after the commit: the old colour is drained, then stopped and gone: nobody starts an old version by accident.
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
    halt_surely "$sv_name-$sw_from" && drop_halted "$sv_name-$sw_from"
    end drain "$sv_name" "$?" "$sw_from"
    failpoint drain.ended "$sv_name"
    return 0
}

# leave_colour: a service that loses its switch may not run twice any more: the old one stops before the new one starts.
leave_colour() {
    [ "$sv_way" = leave ] && switch_of "$sv_name" || return 0
    halt "$sv_name-$sw_from" && failpoint leave.halted "$sv_name" && return 0
    engine_lost
    fail swap_failed "$sv_name-$sw_from cannot be stopped" "$sv_name-$sw_from"
}

# ---------------------------------------------------------------- a switched service, back

# turn_back: the first thing of an undo: the old colours still run, and serve again within milliseconds. The engine is not asked:
# it may be what is ill.
turn_back() {
    is_any_switched || return 0
    turn_all_back
    failpoint back.turned
}

turn_all_back() {
    turned_to=
    each_service gather_old
    [ -n "$turned_to" ] || return 0
    point "$turned_to"
    each_service tell_old
}

gather_old() {
    is_switched && [ "$sw_from" != - ] && is_touched && answers "$sv_name" "$sw_from" || return 0
    turned_to="$turned_to
$sv_name $sw_from"
}

tell_old() {
    is_switched || return 0
    case "$turned_to
" in
    *"
$sv_name $sw_from
"*) tell_switch "$sv_name" "$sw_from" ;;
    esac
    return 0
}

# answers SERVICE COLOUR: whether somebody accepts connections where the switch knows that colour to be.
answers() {
    ask_switch "$1" 'stats;csv' || return 1
    an_places=$(printf '%s\n' "$switch_said" | awk -F, -v colour="$2" '
        NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        $1 ~ "^" colour "_[0-9]+_" && $2 == "app" && $(at["addr"]) != "" { print $(at["addr"]) }')
    for an_place in $an_places; do
        connects "$an_place" 1 && return 0
    done
    return 1
}

# heed_wish: from the turn on, the user's wish turns the switches back at once, whatever the main line waits for just then. The
# undo that follows does it again.
heed_wish() {
    [ -z "$wish_pid" ] && is_any_switched || return 0
    (
        until [ -e "$dir/cancel" ]; do
            kill -0 $$ 2>/dev/null || exit
            nap 0.1
        done
        turn_all_back
    ) 9>&- >/dev/null 2>&1 &
    wish_pid=$!
}

# end_wish: whoever goes on from here asks for the wish again: it may have turned a switch already.
end_wish() {
    [ -n "$wish_pid" ] || return 0
    kill "$wish_pid" 2>/dev/null
    wait "$wish_pid" 2>/dev/null
    wish_pid=
}

# restore_switched: the old colour runs and the old switch passes on to it.
restore_switched() {
    switch_of "$sv_name"
    if [ "$sw_from" = - ]; then
        restore_plain && relearn
    elif was_stopped; then
        bring_back_stopped
    else
        rerun_old && switch_back
    fi
}

# restore_left: the plain container goes before the colour starts again, and that before its switch.
restore_left() {
    switch_of "$sv_name"
    is_turned "$sv_name" "$sw_from" || remove_containers "$sv_name" || return 1
    # what was stopped for good is made anew, with the restart policy of its file
    drop_halted "$sv_real"
    if was_stopped; then
        up "$old" "$sv_name" --no-start && bring_back_stopped
    else
        up "$old" "$sv_real" && await_ready && install_switch "$old" "$sw_from" && relearn
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

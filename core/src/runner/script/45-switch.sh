
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
# now, whatever the clock did since. Fails when $drain_check does.
drain_check=:

drain() {
    now_ms
    dr_left=$(($4 - (now_ms - $3) / 1000))
    [ "$dr_left" -le "$4" ] || dr_left=$4
    mono
    dr_end=$((mono_s + dr_left))
    until is_drained "$1" "$2"; do
        mono
        [ "$mono_s" -lt "$dr_end" ] || return 0
        "$drain_check" || return 1
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


# ---------------------------------------------------------------- a way around a service that is being replaced
# When a switch takes the place of what bore its name and its ports, nobody listens there for a moment. Until it does, the
# machine's firewall sends new connections from outside to the new colour. Rules are written down before they are made, so that
# they are found again; a reboot forgets them.

# open_detour SERVICE: for its published ports, where we may; else the moment is felt, and said.
open_detour() {
    look && find_container "$1" && [ "$ct_status" = running ] || return 0
    od_ports=$(dk 10 port "$ct_id" 2>/dev/null | sed -n 's|^\([0-9]*\)/tcp -> \([0-9.]*\):\([0-9]*\)$|\2 \3 \1|p' | sort -u)
    [ -n "$od_ports" ] && find_container "$sv_real" || return 0
    od_to=${ct_addresses%% *}
    case $od_to in *.*.*.*) ;; *) return 0 ;; esac
    if ! as_root iptables -w 5 -t nat -S DOCKER >/dev/null 2>&1; then
        note detour "$1 gets its switch without root's help: its ports are closed for a moment"
        return 0
    fi
    printf '%s\n' "$od_ports" | ways_around >>"$dir/detour" && durable "$dir/detour"
    change_detour -I
}

# ways_around: of lines ON PORT TARGET those with the new colour's address, and the bridge to it that this machine's own
# clients have to be let out by, or `-`. What is published everywhere is reached by 127.0.0.1 too; what is published there alone
# stays there.
ways_around() {
    bridge_to "$od_to"
    while read -r wa_on wa_port wa_target; do
        case $wa_on in
        127.*) wa_own=$wa_on ;;
        0.0.0.0) wa_own=127.0.0.0/8 ;;
        *) wa_own= ;;
        esac
        [ "$wa_on" = "$wa_own" ] || printf '%s %s %s %s -\n' "$wa_on" "$wa_port" "$wa_target" "$od_to"
        [ -z "$wa_own" ] || [ -z "$bridge" ] || printf '%s %s %s %s %s\n' "$wa_own" "$wa_port" "$wa_target" "$od_to" "$bridge"
    done
}

# bridge_to ADDRESS: sets $bridge to the interface that leads there; nothing where that cannot be told.
bridge_to() {
    bridge=$(ip -o route get "$1" 2>/dev/null | sed -n 's/^.* dev \([^ ]*\).*$/\1/p')
    [ -e "/proc/sys/net/ipv4/conf/$bridge/route_localnet" ] || bridge=
}

close_detour() {
    [ -e "$dir/detour" ] || return 0
    change_detour -D
    cat "$dir/detour" >>"$dir/detour.over" && rm -f "$dir/detour"
}

# forget_detour: what began on the way around was let out to its end, and that is now.
forget_detour() {
    [ -e "$dir/detour.over" ] || return 0
    while read -r cd_on cd_port cd_target cd_address cd_bridge <&8; do
        [ "$cd_bridge" = - ] || let_out -D
    done 8<"$dir/detour.over"
    rm -f "$dir/detour.over" "$dir/detour.bridges"
}

# change_detour -I|-D: every rule that is written down, once there or not at all.
change_detour() {
    while read -r cd_on cd_port cd_target cd_address cd_bridge <&8; do
        if [ "$cd_bridge" = - ]; then
            lead_around "$1" PREROUTING
            # the engine's own chain comes after the user's: what is refused there stays refused
            set_rule "$1" -t filter DOCKER -p tcp -d "$cd_address" --dport "$cd_target" -j ACCEPT
        elif [ "$1" = -I ]; then
            let_out -I
        fi
        lead_around "$1" OUTPUT
    done 8<"$dir/detour"
}

# lead_around -I|-D CHAIN: new connections to the published port, where it is published.
lead_around() {
    la_how=$1 la_chain=$2
    case $cd_on in
    0.0.0.0) set -- ! -d 127.0.0.0/8 ;;
    *) set -- -d "$cd_on" ;;
    esac
    set_rule "$la_how" -t nat "$la_chain" -p tcp "$@" --dport "$cd_port" -m addrtype --dst-type LOCAL \
        -j DNAT --to-destination "$cd_address:$cd_target"
}

# let_out -I|-D: what a client of this machine sends from 127.0.0.1 passes the bridge, under the machine's address there, as
# it does all the time with an engine that has no userland proxy. Nobody on the bridge gets to begin anything at 127.0.0.1.
let_out() {
    set_rule "$1" -t filter INPUT -i "$cd_bridge" -d 127.0.0.0/8 -m conntrack --ctstate NEW -j DROP
    set_rule "$1" -t nat POSTROUTING -s 127.0.0.0/8 -d "$cd_address" -p tcp --dport "$cd_target" -j MASQUERADE
    lo_file=/proc/sys/net/ipv4/conf/$cd_bridge/route_localnet
    if [ "$1" = -D ]; then
        ! grep -qx "$cd_bridge" "$dir/detour.bridges" 2>/dev/null || printf 0 | as_root tee "$lo_file" >/dev/null 2>&1
    elif [ "$(cat "$lo_file")" = 0 ]; then
        printf '%s\n' "$cd_bridge" >>"$dir/detour.bridges" && durable "$dir/detour.bridges"
        printf 1 | as_root tee "$lo_file" >/dev/null 2>&1
    fi
}

# set_rule -I|-D -t TABLE CHAIN RULE...
set_rule() {
    sr_how=$1 sr_table=$3 sr_chain=$4
    shift 4
    while as_root iptables -w 5 -t "$sr_table" -C "$sr_chain" "$@" >/dev/null 2>&1; do
        [ "$sr_how" = -D ] || return 0
        as_root iptables -w 5 -t "$sr_table" -D "$sr_chain" "$@" >/dev/null 2>&1 || return 0
    done
    [ "$sr_how" = -D ] || as_root iptables -w 5 -t "$sr_table" -I "$sr_chain" "$@" >/dev/null 2>&1
}

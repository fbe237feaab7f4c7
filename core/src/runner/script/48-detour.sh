
# ---------------------------------------------------------------- a way around a service that is being replaced
# When a switch takes the place of what bore its name and its ports, nobody listens there for a moment. Until it does, the
# machine's firewall sends new connections from outside to the new colour. Rules are written down before they are made, so that
# they are found again; a reboot forgets them.

# open_detour SERVICE: for its published ports, where we may; else the moment is felt, and said.
open_detour() {
    look && find_container "$1" && [ "$ct_status" = running ] || return 0
    # what is published on 127.0.0.1 alone stays there: rules of this kind do not reach it, and the world must not
    od_ports=$(dk 10 port "$ct_id" 2>/dev/null | sed -n 's|^\([0-9]*\)/tcp -> \([0-9.]*\):\([0-9]*\)$|\2 \3 \1|p' | grep -v '^127\.' | sort -u)
    [ -n "$od_ports" ] && find_container "$sv_real" || return 0
    od_to=${ct_addresses%% *}
    case $od_to in *.*.*.*) ;; *) return 0 ;; esac
    if ! as_root iptables -w 5 -t nat -S DOCKER >/dev/null 2>&1; then
        note detour "$1 gets its switch without root's help: its ports are closed for a moment"
        return 0
    fi
    printf '%s\n' "$od_ports" | sed "s/\$/ $od_to/" >>"$dir/detour" && durable "$dir/detour"
    change_detour -I
}

close_detour() {
    [ -e "$dir/detour" ] || return 0
    change_detour -D
    rm -f "$dir/detour"
}

# change_detour -I|-D: every rule that is written down, once there or not at all.
change_detour() {
    while read -r cd_on cd_port cd_target cd_address <&8; do
        for cd_chain in PREROUTING OUTPUT; do
            lead_around "$1" "$cd_chain"
        done
        # the engine's own chain comes after the user's: what is refused there stays refused
        set_rule "$1" -t filter DOCKER -p tcp -d "$cd_address" --dport "$cd_target" -j ACCEPT
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

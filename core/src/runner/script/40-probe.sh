
# ---------------------------------------------------------------- probes

# ask URL SECONDS EXPECT-FILE CURL-WORDS...: one GET; good is 2xx or 3xx and, where EXPECT-FILE is there, its text in the answer.
# Sets $ask_why when it is not good, and $ask_met to 0 when nobody answered at all.
ask() {
    ask_url=$1 ask_limit=$2 ask_expect=$3
    shift 3
    ask_body=/dev/null
    [ ! -e "$ask_expect" ] || ask_body=$work/body
    # 16 MB at most: an endless answer must not fill the disk
    ask_said=$(ulimit -f 32768 && curl -q -sS -g --noproxy '*' --proto '=http,https' --max-time "$ask_limit" \
        -o "$ask_body" -w '<%{http_code}>' "$@" --url "$ask_url" 2>&1)
    ask_status=$?
    ask_code=${ask_said##*<} ask_code=${ask_code%%>*} ask_met=1
    case $ask_code:$ask_status in
    2??:0 | 3??:0) ;;
    2??:* | 3??:*)
        ask_why="$ask_url breaks off: $ask_said"
        return 1
        ;;
    000:* | '':*)
        ask_said=${ask_said#<000>}
        ask_met=0 ask_why="$ask_url: ${ask_said%<000>}"
        return 1
        ;;
    *)
        ask_why="$ask_url answers $ask_code"
        return 1
        ;;
    esac
    whole "$ask_expect" || return 0
    ask_wanted=$whole
    case $(head -c 1048576 "$work/body" 2>/dev/null | tr -d '\0') in
    *"$ask_wanted"*) return 0 ;;
    esac
    clean "$ask_wanted"
    ask_why="$ask_url answers $ask_code without \"$clean\""
    return 1
}

# ask_public PROBE EXPECT-FILE: asks the public URL of this machine itself; where nobody listens there, as the world does.
ask_public() {
    value "$1/url"
    ap_url=$value
    value "$1/timeout_s"
    ap_limit=$value
    ap_port=80
    case $ap_url in https://*) ap_port=443 ;; esac
    ap_host=${ap_url#*://} ap_host=${ap_host%%[/?#]*} ap_host=${ap_host##*@}
    case $ap_host in
    \[*\]:*) ap_port=${ap_host##*:} ap_host=${ap_host%:*} ;;
    \[*) ;;
    *:*) ap_port=${ap_host##*:} ap_host=${ap_host%:*} ;;
    esac
    ask "$ap_url" "$ap_limit" "$2" --resolve "$ap_host:$ap_port:127.0.0.1" && return 0
    [ "$ask_met" -eq 0 ] || return 1
    ap_why=$ask_why
    ask "$ap_url" "$ap_limit" "$2" && return 0
    [ "$ask_met" -eq 1 ] || ask_why=$ap_why
    return 1
}

# find_container SERVICE: sets $ct_id and the rest from $now.
find_container() {
    while IFS='|' read -r ct_id ct_service ct_image ct_status ct_exit ct_oom ct_restarts ct_health ct_memory ct_network ct_addresses; do
        [ "$ct_service" != "$1" ] || return 0
    done <<END
$now
END
    ask_why="$1 has no container"
    return 1
}

ao_asked=''

# address_of PORT: sets $address, where the container of find_container can be reached on that port, and $address_else,
# the published port: all there is where the engine lives in a world of its own (rootless, a virtual machine).
address_of() {
    # once for a container: the engine's client takes longer than the question itself
    if [ "$ao_asked" != "$ct_id $1" ]; then
        address_else=$(dk 10 port "$ct_id" "$1/tcp" 2>/dev/null | head -n 1)
        address_else=${address_else##*:}
        [ -z "$address_else" ] || address_else=127.0.0.1:$address_else
        ao_asked="$ct_id $1"
    fi
    case $ct_network in
    host) address=127.0.0.1:$1 ;;
    container:*)
        ao_ip=$(dk 10 inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}' "${ct_network#container:}" 2>/dev/null)
        address=${ao_ip%% *}:$1
        ;;
    *) address=${ct_addresses%% *}:$1 ;;
    esac
    case $address in :*) address=${address_else:-127.0.0.1:$1} ;; esac
}

# try_probe PROBE: asks once. Sets $ask_why when the answer is not good.
try_probe() {
    value "$1/kind"
    tp_kind=$value
    if [ "$tp_kind" = public ]; then
        ask_public "$1" "$1/expect"
        return
    fi
    value "$1/service"
    real_of "$value"
    find_container "$real" || return 1
    case $tp_kind in
    http) try_http "$1" ;;
    tcp) try_tcp "$1" ;;
    command) try_command "$1" ;;
    docker) [ "$ct_health" = healthy ] || {
        ask_why="the health check of $ct_service says $ct_health"
        [ "$ct_health" != unhealthy ] || ask_why=$ask_why$(last_check)
        return 1
    } ;;
    *)
        ask_why="unknown probe $tp_kind"
        return 1
        ;;
    esac
}

try_http() {
    value "$1/port"
    address_of "$value"
    value "$1/timeout_s"
    th_limit=$value
    value "$1/path"
    th_path=/${value#/}
    ask "http://$address$th_path" "$th_limit" "$1/expect" && return 0
    [ "$ask_met" -eq 0 ] && [ -n "$address_else" ] || return 1
    ask "http://$address_else$th_path" "$th_limit" "$1/expect"
}

try_tcp() {
    value "$1/port"
    tt_port=$value
    address_of "$tt_port"
    value "$1/timeout_s"
    for tt_at in "$address" "$address_else"; do
        [ -n "$tt_at" ] || continue
        connects "$tt_at" "$value" && return 0
    done
    ask_why="$ct_service accepts no connection on port $tt_port"
    return 1
}

cn_scheme=''

# connects ADDRESS SECONDS: curl says how long the connection took; 0 means there was none. What follows it does not matter.
connects() {
    if [ -z "$cn_scheme" ]; then
        cn_scheme=http
        ! curl -V 2>/dev/null | grep -q telnet || cn_scheme=telnet
    fi
    # a server that waits for us to speak keeps curl to its limit: short ones first
    for cn_limit in 0.1 0.5 "$2"; do
        cn_took=$(curl -q -s --noproxy '*' --max-time "$cn_limit" -o /dev/null -w '%{time_connect}' --url "$cn_scheme://$1" </dev/null 2>/dev/null)
        case $cn_took in *[1-9]*) return 0 ;; esac
    done
    return 1
}

try_command() {
    value "$1/timeout_s"
    tc_limit=$value tc_probe=$1
    set --
    for tc_file in "$tc_probe"/argv/*; do
        whole "$tc_file"
        set -- "$@" "$whole"
    done
    tc_said=$(dk "$tc_limit" exec "$ct_id" "$@" 2>&1) && return 0
    ask_why="the command in $ct_service ends with status $?: $(printf '%s' "$tc_said" | tail -n 1)"
    return 1
}

# public_probe: sets $public to the folder of the first public probe; empty, and status 1, if there is none.
public_probe() {
    public=
    for pp in "$in"/probes/*; do
        if value "$pp/kind" && [ "$value" = public ]; then
            public=$pp
            return 0
        fi
    done
    return 1
}

# ---------------------------------------------------------------- the gap that users see

# watch_gap: asks the public URL ten times a second and keeps the longest time without a good answer in $dir/gap, and in
# $dir/gap.fine how far apart two good answers were at most, asked one after the other: nothing shorter is seen. An open gap is kept in $dir/gap.open, so that it goes on counting after a reboot.
watch_gap() {
    wg_open='' wg_good='' wg_fine=100
    value "$dir/gap.open" && wg_open=$value
    while kill -0 $$ 2>/dev/null; do
        now_ms
        wg_at=$now_ms
        if ask_public "$public" /nonexistent; then
            [ -z "$wg_open" ] || close_gap
            [ -z "$wg_good" ] || keep_fine "$((wg_at - wg_good))"
            wg_good=$wg_at
        else
            wg_good=
            [ -n "$wg_open" ] || open_gap
        fi
        nap 0.1
    done
}

keep_fine() {
    [ "$1" -gt "$wg_fine" ] || return 0
    wg_fine=$1
    printf '%s\n' "$1" >"$dir/gap.fine"
}

open_gap() {
    wg_open=$wg_at
    printf '%s\n' "$wg_at" >"$dir/gap.open"
}

close_gap() {
    now_ms
    cg_ms=$((now_ms - wg_open)) wg_open=
    value "$dir/gap" || value=0
    if [ "$cg_ms" -gt "$value" ]; then
        printf '%s\n' "$cg_ms" >"$dir/gap"
    fi
    rm -f "$dir/gap.open"
}

# start_gap: begins to watch, if there was a good answer to lose.
start_gap() {
    [ -z "$gap_pid" ] && [ -e "$dir/public_was_good" ] || return 0
    public_probe || return 0
    (
        work=$work/gap
        mkdir -p "$work"
        watch_gap
    ) 9>&- >/dev/null 2>&1 &
    gap_pid=$!
}

# stop_gap: ends the watch, once an open gap is closed, and journals the longest.
stop_gap() {
    [ -n "$gap_pid" ] || return 0
    sg_tries=0
    while [ -e "$dir/gap.open" ] && [ "$sg_tries" -lt 20 ]; do
        nap 0.1
        sg_tries=$((sg_tries + 1))
    done
    kill "$gap_pid" 2>/dev/null
    wait "$gap_pid" 2>/dev/null
    gap_pid=
    sg_longest=0
    value "$dir/gap" && sg_longest=$value
    # one that is still open is at least as long as until now
    if value "$dir/gap.open"; then
        now_ms
        [ "$((now_ms - value))" -le "$sg_longest" ] || sg_longest=$((now_ms - value))
    fi
    value "$dir/gap.fine" || value=100
    say gap - "$sg_longest" "$value"
}

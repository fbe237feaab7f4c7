
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
        stands_untouched || { restore_plain && relearn; }
    elif was_stopped; then
        bring_back_stopped
    else
        rerun_old && switch_back
    fi
}

# stands_untouched: no switch was to take its place yet, and it runs as it did. Compose would make it anew where a release calls
# its image otherwise than whoever started it.
stands_untouched() {
    ! said begin turn && look || return 1
    see_service "$sv_name" "$sv_kind"
    [ "$seen" = ready ] && see_image "$sv_previous" "$sv_name"
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

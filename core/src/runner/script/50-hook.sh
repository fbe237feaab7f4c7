
# ---------------------------------------------------------------- the boot hook: a reboot in mid-swap starts the runner again

# as_root WORDS...: by sudo where we are not root.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo -n "$@"
    fi
}

# shell_quoted TEXT: as one word of a shell.
shell_quoted() {
    printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"
}

# unit_quoted TEXT: as one word of a systemd unit.
unit_quoted() {
    printf '"%s"' "$(printf '%s' "$1" | sed 's/[\\"]/\\&/g; s/%/%%/g; s/\$/$$/g')"
}

unit_text() {
    printf '[Unit]\nDescription=Plimsoll ends the swap of %s after a reboot\nAfter=docker.service network-online.target\n' "$stack"
    printf 'Wants=network-online.target\n\n[Service]\n%s' "$1"
    printf 'Environment=%s %s\n' "$(unit_quoted "HOME=$HOME")" "$(unit_quoted "PATH=$PATH")"
    printf 'ExecStart=/bin/sh %s boot %s\n' "$(unit_quoted "$self")" "$(unit_quoted "$dir")"
    printf '\n[Install]\nWantedBy=%s\n' "$2"
}

unit=plimsoll

name_unit() {
    unit=plimsoll-$stack.service
    user_units=${XDG_CONFIG_HOME:-$HOME/.config}/systemd/user
}

arm_hook() {
    value "$in/hook"
    name_unit
    case $value in
    systemd-system) arm_system ;;
    systemd-user) arm_user ;;
    cron) arm_cron ;;
    *)
        note hook "none: a reboot in mid-swap is settled when a laptop looks in"
        return 0
        ;;
    esac && return 0
    note hook "cannot be armed; a reboot in mid-swap is settled when a laptop looks in"
}

arm_system() {
    as_root mkdir -p /etc/systemd/system/multi-user.target.wants &&
        unit_text "User=$(id -un)
" multi-user.target | as_root tee "/etc/systemd/system/$unit" >/dev/null &&
        as_root ln -sf "../$unit" "/etc/systemd/system/multi-user.target.wants/$unit"
}

arm_user() {
    mkdir -p "$user_units/default.target.wants" &&
        unit_text '' default.target >"$user_units/$unit" &&
        ln -sf "../$unit" "$user_units/default.target.wants/$unit"
}

# The crontab is one file for everything of this user: taken, changed and put back under a lock of ours.
arm_cron() {
    mkdir -p "$HOME/.plimsoll"
    (
        ! has flock || flock 8
        ac_line="@reboot HOME=$(shell_quoted "$HOME") PATH=$(shell_quoted "$PATH") /bin/sh $(shell_quoted "$self") boot $(shell_quoted "$dir") # plimsoll $stack"
        # in a crontab a bare % ends the line
        ac_jobs=$(other_jobs) || return 1
        { [ -z "$ac_jobs" ] || printf '%s\n' "$ac_jobs"; printf '%s\n' "$ac_line" | sed 's/%/\\%/g'; } | crontab -
    ) 8>>"$HOME/.plimsoll/crontab.flock"
}

# other_jobs: the crontab without our line. That there is none is fine; that it cannot be read is not, or it would be wiped.
other_jobs() {
    oj_text=$(LC_ALL=C crontab -l 2>&1)
    oj_status=$?
    case $oj_status:$oj_text in
    0:) ;;
    0:*) printf '%s\n' "$oj_text" | grep -v "^@reboot .* # plimsoll $stack\$" ;;
    *:*"no crontab"*) ;;
    *) return 1 ;;
    esac
    return 0
}

disarm_hook() {
    value "$in/hook"
    name_unit
    case $value in
    systemd-system) as_root rm -f "/etc/systemd/system/multi-user.target.wants/$unit" "/etc/systemd/system/$unit" ;;
    systemd-user) rm -f "$user_units/default.target.wants/$unit" "$user_units/$unit" ;;
    cron) (
        ! has flock || flock 8
        dh_jobs=$(other_jobs) || return 1
        { [ -z "$dh_jobs" ] || printf '%s\n' "$dh_jobs"; } | crontab -
    ) 8>>"$HOME/.plimsoll/crontab.flock" ;;
    esac
}

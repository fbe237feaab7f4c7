
# ---------------------------------------------------------------- the commit and what follows it

# is_committed: whether there is no way back any more.
is_committed() {
    said begin commit && value "$root/current" && [ "$value" = "$new" ]
}

commit() {
    if ! said end commit ok; then
        begin commit -
        failpoint commit.begun
        put "$root/current" "$new" || {
            fail swap_failed "cannot write $root/current"
            end commit - 1 ''
            return 1
        }
        failpoint commit.renamed
        # after it: a release counts as restorable only once it served
        now_ms
        put "$root/releases/$new/live" "$now_ms"
        failpoint commit.marked
        end commit - 0 "$new"
    fi
    each_removed drop_removed
    while IFS= read -r cm_name <&7; do
        drop_halted "$cm_name"
    done 7<"$in/dropped"
    each_service retire_old
    retain
    finish live - ''
}

# drop_removed: the containers of services that are no more. Their volumes stay.
drop_removed() {
    ids_of "$sv_name" || return 0
    for dr_id in $ids; do
        dk 60 rm -f "$dr_id" >/dev/null 2>&1
    done
}

# ---------------------------------------------------------------- retention

# retain: removes the folders and image tags of releases that are beyond what is kept. Never the current one, nor the previous
# one, which is the first of those kept.
retain() {
    begin retain -
    dk 60 rm "$stack-release-$new" >/dev/null 2>&1
    failpoint retain.begun
    value "$in/keep"
    rt_keep=$value rt_gone=0
    [ -z "$old" ] || rt_keep=$((rt_keep - 1))
    live_releases | while IFS= read -r rt_id; do
        if [ "$rt_keep" -gt 0 ]; then
            rt_keep=$((rt_keep - 1))
        else
            printf '%s\n' "$rt_id"
        fi
    done >"$work/gone"
    dead_releases >>"$work/gone"
    while IFS= read -r rt_id <&4; do
        drop_release
        rt_gone=$((rt_gone + 1))
    done 4<"$work/gone"
    drop_deployments
    failpoint retain.done
    end retain - 0 "releases removed: $rt_gone"
}

# is_spare RELEASE: a release's id, and neither the current nor the previous one.
is_spare() {
    case $1 in
    *[!0-9a-f]* | '' | "$new" | "$old") return 1 ;;
    esac
}

# live_releases: ids of spare releases that served once, the latest first.
live_releases() {
    for lr in "$root"/releases/*; do
        is_spare "${lr##*/}" && value "$lr/live" && printf '%s %s\n' "$value" "${lr##*/}"
    done | sort -rn | cut -d ' ' -f 2
}

# dead_releases: ids of those that never did: undone or never begun.
dead_releases() {
    for lr in "$root"/releases/*; do
        [ -d "$lr" ] && [ ! -e "$lr/live" ] && is_spare "${lr##*/}" && printf '%s\n' "${lr##*/}"
    done
}

drop_release() {
    is_spare "$rt_id" || return 0
    dk 60 rm "$stack-release-$rt_id" >/dev/null 2>&1
    # the same content may be a release of another environment on this server
    dr_shared=0
    for dr in "$root"/../*/releases/"$rt_id"; do
        [ ! -d "$dr" ] || [ "$dr" = "$root/../${root##*/}/releases/$rt_id" ] || dr_shared=1
    done
    if [ "$dr_shared" -eq 0 ]; then
        dk 60 images --format '{{.Repository}}:{{.Tag}}' 2>/dev/null | grep "^plimsoll/.*:$rt_id\$" >"$work/tags"
        while IFS= read -r dr_tag <&5; do
            drop_image "$dr_tag"
        done 5<"$work/tags"
    fi
    # what came from git is read-only
    chmod -R u+w "$root/releases/$rt_id" 2>/dev/null
    rm -rf "$root/releases/$rt_id"
}

# drop_image TAG: the tag, and the image where no other tag and no container needs it (the engine refuses then).
drop_image() {
    di_id=$(dk 30 inspect --type image -f '{{.Id}}' "$1" 2>/dev/null) || return 0
    dk 120 rmi "$1" >/dev/null 2>&1
    di_left=$(dk 30 inspect --type image -f '{{len .RepoTags}}{{range .RepoDigests}} {{.}}{{end}}' "$di_id" 2>/dev/null)
    case $di_left in
    '0 '*)
        for di_digest in ${di_left#0 }; do
            dk 120 rmi "$di_digest" >/dev/null 2>&1
        done
        ;;
    esac
}

# drop_deployments: the hundred latest stay (their ids sort by time).
drop_deployments() {
    for dd in "$root"/deployments/*; do
        [ ! -d "$dd" ] || printf '%s\n' "${dd##*/}"
    done | sort -r | tail -n +101 | while IFS= read -r dd; do
        rm -rf "$root/deployments/$dd"
    done
}

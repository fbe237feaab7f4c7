
# ---------------------------------------------------------------- failing

why='' why_code='' why_service='' outage=0

# fail CODE REASON [SERVICE]: remembers why; the last word counts. Always 1.
fail() {
    why_code=$1
    clean "$2"
    why=$clean
    why_service=${3-}
    return 1
}

# cancelled: whether the user wants it undone. Asked in every loop.
cancelled() {
    [ -e "$dir/cancel" ] || return 1
    fail cancelled "the user cancelled" || return 0
}

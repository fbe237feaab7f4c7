failpoint() {
    [ -r "$dir/failpoint" ] || return 0
    IFS=' ' read -r fp_name fp_deed <"$dir/failpoint"
    case $fp_name in
    "$1" | "$1:${2-}") ;;
    *) return 0 ;;
    esac
    mv "$dir/failpoint" "$dir/failpoint.hit"
    case $fp_deed in
    kill) kill -9 $$ ;;
    pause) until [ -e "$dir/failpoint.go" ]; do nap 0.1; done ;;
    esac
}

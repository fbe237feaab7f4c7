# A file `failpoint` with `NAME kill` or `NAME pause`, in the deployment's folder or, for whichever deployment comes next, in
# the environment's. It works once.
failpoint() {
    fp_in=$dir
    [ -r "$fp_in/failpoint" ] || fp_in=$root
    [ -r "$fp_in/failpoint" ] || return 0
    IFS=' ' read -r fp_name fp_deed <"$fp_in/failpoint"
    case $fp_name in
    "$1" | "$1:${2-}") ;;
    *) return 0 ;;
    esac
    mv "$fp_in/failpoint" "$fp_in/failpoint.hit"
    case $fp_deed in
    kill) kill -9 $$ ;;
    pause) until [ -e "$fp_in/failpoint.go" ]; do nap 0.1; done ;;
    esac
}

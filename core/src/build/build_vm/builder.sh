#!/bin/sh
# What Plimsoll does on a machine that builds images. The first argument is a verb; data comes on standard input.
#
#   prepare PROJECT BUILD       what is here, what is missing (asked on standard input, answered line by line)
#   receive KEY COMMIT          a thin pack on standard input becomes a commit of the repository KEY
#   large PROJECT SHA256        a large file (Git LFS) on standard input
#   platforms BUILD ACCESS      what this machine can build for
#   build PROJECT BUILD ACCESS PLATFORM TARGET...
#                               an order on standard input, which then stays open: when it closes, everything ends
#
# Statuses of its own: 88 no checkout, 91 no engine, 92 no git, 93 no buildx, 95 damaged content, 99 cancelled.
# Progress and errors go to standard error; standard output carries answers only.
set -u
umask 077
LC_ALL=C
export LC_ALL
unset DOCKER_CONTEXT DOCKER_DEFAULT_PLATFORM BUILDX_BUILDER SOURCE_DATE_EPOCH CDPATH
self=$0
home=$HOME/.plimsoll
repos=$home/repos
builds=$home/builds

have() { command -v "$1" >/dev/null 2>&1; }

# git without the configuration, hooks and filters of whoever owns this machine.
plain_git() {
	env -i PATH="$PATH" HOME="$home" LC_ALL=C GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null GIT_ATTR_NOSYSTEM=1 \
		${index:+GIT_INDEX_FILE="$index"} git -c core.hooksPath=/dev/null -c gc.auto=0 -c core.autocrlf=false "$@"
}

# A folder in memory for what must not reach a disk; where there is none, a private folder on disk.
run_folder() {
	for memory in /dev/shm "${XDG_RUNTIME_DIR:-}"; do
		if [ -n "$memory" ] && [ -d "$memory" ] && [ -w "$memory" ]; then
			printf '%s/plimsoll-%s-%s\n' "$memory" "$(id -u)" "$1"
			return
		fi
	done
	printf '%s/%s.run\n' "$builds" "$1"
}

# --- source -----------------------------------------------------------------------------------------------------

prepare() {
	have git || exit 92
	mkdir -p "$repos" "$builds" || exit 1
	run=$(run_folder "$2")
	printf 'run %s\n' "$run"
	case $run in "$builds"/*) printf 'disk\n' ;; esac
	while read -r kind name value; do
		case $kind in
		commit) answer_commit "$name" "$value" || exit 1 ;;
		large) [ -f "$repos/$1.large/$name" ] || printf 'lacks %s\n' "$name" ;;
		esac
	done
}

answer_commit() {
	repo=$repos/$1.git
	if [ ! -f "$repo/HEAD" ]; then
		format=sha1
		[ ${#2} -eq 40 ] || format=sha256
		plain_git init -q --bare --template= --object-format="$format" "$repo" || return 1
	fi
	haves=$(plain_git --git-dir="$repo" for-each-ref --count=20 --sort=-committerdate --format='%(objectname)' refs/plimsoll |
		tr '\n' ' ')
	case " $haves" in
	*" $2 "*) plain_git --git-dir="$repo" cat-file -e "$2^{tree}" && printf 'ready %s\n' "$1" && return ;;
	esac
	for have in $haves; do printf 'have %s %s\n' "$1" "$have"; done
}

# Only the commit arrives, not its history: it is shallow, and must be known as such before anything refers to it.
receive() {
	repo=$repos/$1.git
	plain_git --git-dir="$repo" index-pack --stdin --fix-thin >/dev/null || exit 1
	(
		if have flock; then flock -w 60 9 || exit 1; fi
		{ cat "$repo/shallow" 2>/dev/null; printf '%s\n' "$2"; } | sort -u >"$repo/shallow.new" &&
			mv "$repo/shallow.new" "$repo/shallow" &&
			plain_git --git-dir="$repo" update-ref "refs/plimsoll/$2" "$2" || exit 1
		plain_git --git-dir="$repo" for-each-ref --sort=-committerdate --format='delete %(refname)' refs/plimsoll |
			tail -n +21 | grep -v "$2" | plain_git --git-dir="$repo" update-ref --stdin
		plain_git --git-dir="$repo" -c gc.auto=6700 -c gc.autoDetach=false gc --auto --quiet || :
	) 9>"$repo/plimsoll.lock"
}

large() {
	store=$repos/$1.large
	mkdir -p "$store" || exit 1
	part=$store/$2.$$
	trap 'rm -f "$part"' EXIT
	cat >"$part" || exit 1
	if have sha256sum; then sum=$(sha256sum <"$part"); else sum=$(shasum -a 256 <"$part"); fi
	[ "${sum%% *}" = "$2" ] || exit 95
	mv "$part" "$store/$2"
}

# --- docker -----------------------------------------------------------------------------------------------------

# The engine with a private configuration; buildx is linked into it from wherever it lives.
private_config() {
	mkdir -p "$run/cli-plugins" || return 1
	for place in "${DOCKER_CONFIG:-$HOME/.docker}/cli-plugins" /usr/local/lib/docker/cli-plugins \
		/usr/local/libexec/docker/cli-plugins /usr/lib/docker/cli-plugins /usr/libexec/docker/cli-plugins \
		/opt/homebrew/lib/docker/cli-plugins /Applications/Docker.app/Contents/Resources/cli-plugins; do
		[ -x "$place/docker-buildx" ] || continue
		ln -sf "$place/docker-buildx" "$run/cli-plugins/docker-buildx"
		return 0
	done
}

# Newer versions of bake ask before they read outside the current folder; everything here is ours.
engine() {
	set -- docker --config "$run" "$@"
	if [ "$access" != sudo ]; then
		env DOCKER_HOST="unix://$access" BUILDX_CONFIG="$run/buildx" BUILDX_BAKE_ENTITLEMENTS_FS=0 "$@"
	elif sudo -n env true 2>/dev/null; then
		sudo -n env BUILDX_CONFIG="$run/buildx" BUILDX_BAKE_ENTITLEMENTS_FS=0 "$@"
	else
		sudo -n "$@"
	fi
}

engine_answers() { engine version --format '{{.Server.Version}}' >/dev/null 2>&1; }

platforms() {
	build=$1 access=$2
	run=$(run_folder "$build")
	mkdir -p "$builds" && mkdir -m 700 "$run" || exit 1
	trap 'remove "$run"' EXIT
	private_config || exit 1
	have docker && engine buildx version || exit 93
	engine_answers || exit 91
	engine buildx inspect
}

# --- build ------------------------------------------------------------------------------------------------------

# Root's files in a private configuration can only be removed by root.
remove() { rm -rf -- "$@" 2>/dev/null || { [ "${access:-}" = sudo ] && sudo -n rm -rf -- "$@"; }; }

signal() { kill -s "$1" -- "$2" 2>/dev/null || { [ "${access:-}" = sudo ] && sudo -n kill -s "$1" -- "$2" 2>/dev/null; }; }

# Whether a process is one of a build's: its command line names the build.
is_of() {
	if [ -r "/proc/$1/cmdline" ]; then
		tr '\0' ' ' <"/proc/$1/cmdline" | grep -qF -- "$2"
	else
		ps -o args= -p "$1" 2>/dev/null | grep -qF -- "$2"
	fi
}

# Ends everything that a build started.
stop_group() {
	group=$(cat "$builds/$1.group" 2>/dev/null) || return 0
	signal TERM "-$group" || return 0
	tries=0
	while signal 0 "-$group" && [ $tries -lt 100 ]; do
		sleep 0.1
		tries=$((tries + 1))
	done
	signal KILL "-$group"
}

forget() {
	remove "$(run_folder "$1")" "$builds/$1" "$builds/$1.run"
	rm -f "$builds/$1.pid" "$builds/$1.group"
}

# Builds whose process is gone: a crash, a kill, a power cut. Their credentials and folders go.
sweep() {
	for file in "$builds"/*.pid; do
		[ -f "$file" ] || continue
		old=${file##*/}
		old=${old%.pid}
		is_of "$(cat "$file")" "$old" && continue
		group=$(cat "$builds/$old.group" 2>/dev/null) && is_of "$group" "$old" && stop_group "$old"
		forget "$old"
	done
}

# A process group of its own, so that one signal reaches all of a build.
# It reads what is open as 4: a shell gives its background jobs no input of their own.
in_own_group() {
	if have setsid; then
		setsid "$@" <&4 3<&- 4<&- &
	else
		set -m
		"$@" <&4 3<&- 4<&- &
		set +m
	fi
}

order() {
	plan=$builds/$build/plan
	while read -r kind name value; do
		case $kind in
		file) printf %s "$value" | base64 -d >"$run/$name" || return 1 ;;
		checkout | large) printf '%s %s %s\n' "$kind" "$name" "$value" >>"$plan" || return 1 ;;
		go) return 0 ;;
		esac
	done
	return 1
}

build() {
	project=$1 build=$2 access=$3
	run=$(run_folder "$build")
	mkdir -p "$builds" || exit 1
	sweep
	echo $$ >"$builds/$build.new" && mv "$builds/$build.new" "$builds/$build.pid" || exit 1
	trap 'forget "$build"' EXIT
	trap 'stop_group "$build"; exit 99' HUP INT TERM
	mkdir -m 700 "$run" "$builds/$build" && private_config && order || exit 1
	exec 3<&0 </dev/null
	progress=$builds/$build/progress
	printf '' >"$progress"
	in_own_group sh "$self" work "$@" >"$progress" 2>&1 4</dev/null
	work=$!
	echo "$work" >"$builds/$build.group"
	in_own_group sh "$self" guard "$build" "$access" >/dev/null 2>&1 4<&3
	guard=$!
	exec 3<&-
	pass_on "$progress" &
	passing=$!
	wait "$work"
	status=$?
	printf '' >"$progress.whole"
	wait "$passing"
	[ ! -e "$run/cancelled" ] || status=99
	if [ $status -eq 0 ]; then cat "$run/metadata.json" || status=1; fi
	if [ $status -eq 1 ] && ! engine_answers; then status=91; fi
	signal KILL "-$guard"
	exit $status
}

# The build writes into a file and never waits for the reader: buildx gives up what was not read three seconds after
# the last step. Every cat goes on where the one before it stopped.
pass_on() {
	exec 5<"$1"
	while [ -e "$1" ] && [ ! -e "$1.whole" ]; do
		cat <&5 >&2 || return
		sleep 0.1
	done
	cat <&5 >&2
}

# Outlives its starter: when the order's input closes, for whatever reason, the build ends and its credentials go.
guard() {
	build=$1 access=$2
	run=$(run_folder "$build")
	while read -r line && [ "$line" != cancel ]; do :; done
	[ ! -d "$run" ] || printf '' >"$run/cancelled"
	starter=$(cat "$builds/$build.pid" 2>/dev/null) || exit 0
	stop_group "$build"
	tries=0
	while is_of "$starter" "$build" && [ $tries -lt 50 ]; do
		sleep 0.1
		tries=$((tries + 1))
	done
	forget "$build"
}

work() {
	project=$1 build=$2 access=$3 platform=$4
	shift 4
	run=$(run_folder "$build")
	src=$builds/$build/src
	mkdir -p "$src" && (umask 022 && checkout) || exit 88
	cd "$src" || exit 88
	tell_apart
	engine buildx bake -f "$run/bake.json" --push --provenance=false --progress=rawjson \
		--metadata-file "$run/metadata.json" --set "*.platform=$platform" "$@"
}

# Paths come with a `/` at their end, so that blanks there survive being read.
checkout() {
	while read -r kind name value; do
		case $kind in
		checkout)
			commit=${value%% *} path=${value#* }
			tree_into "$repos/$name.git" "$commit" "$src/$path" || return 1
			;;
		large)
			cat "$repos/$project.large/$name" >"$src/${value%/}" || return 1
			;;
		esac
	done <"$builds/$build/plan"
}

# BuildKit takes two Dockerfiles of the same size and time for one and the same, and builds the wrong image. A checkout
# stamps them within one tick of the clock, so each gets a time that follows from its content.
tell_apart() {
	find . -type f -name '*Dockerfile*' -exec sh -c '
		for file; do
			sum=$(cksum <"$file")
			touch -d "@${sum%% *}" -- "$file" 2>/dev/null || touch -t "$(date -r "${sum%% *}" +%Y%m%d%H%M.%S)" -- "$file"
		done' tell-apart {} +
}

tree_into() {
	index=$builds/$build/index
	rm -f "$index"
	mkdir -p "$3" && plain_git --git-dir="$1" read-tree "$2" &&
		plain_git --git-dir="$1" --work-tree="$3" checkout-index -a -f -q
}

verb=$1
shift
case $verb in
prepare | receive | large | platforms | build | guard | work) "$verb" "$@" ;;
*) exit 2 ;;
esac

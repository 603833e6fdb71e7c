# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the cases have in common. Sourced in the guest by run-case, which runs one
# case in a shell of its own. A check that does not hold ends the case.

WORK=/tmp/case.$$
mkdir "$WORK"
TOOLS=$PWD/tools
MODULE=smart_madvise
SYSFS=/sys/kernel/smart_madvise
TRACING=/sys/kernel/tracing

# Longest wait for a state that must come, in s. Only a broken module needs it all; an
# emulated machine that shares its processor with forty others takes half of it.
PATIENCE=$((60 * SLOWNESS))

# Between two looks at a state; a look takes an emulated machine about half as long.
POLL_S=0.05

# Files that run-cases prepares: 32 MiB, twice 8 MiB, and 256 MiB that take no room on
# the disk.
BIG=/mnt/big ONE=/mnt/one TWO=/mnt/two WIDE=/mnt/wide
export BIG ONE TWO WIDE

## --- checks ------------------------------------------------------------------

# where: the line of the case that asked
where() {
	local i
	for ((i = 1; i < ${#BASH_SOURCE[@]}; i++)); do
		if [[ ${BASH_SOURCE[i]} == cases/* ]]; then
			echo "${BASH_SOURCE[i]}:${BASH_LINENO[i - 1]}"
			return
		fi
	done
	echo "at the end"
}

fail() {
	trap - ERR
	echo "$(where): $*" >&2
	exit 1
}

skip() {
	echo "$*"
	exit 77
}

# check WHAT COMMAND...: the command must succeed
check() {
	local what=$1 output
	shift
	output=$("$@" 2>&1) || fail "$what: \`$*\` failed${output:+, said: $output}"
}

# refuse WHAT COMMAND...: the command must fail; what it says is in $said
refuse() {
	local what=$1
	shift
	! said=$("$@" 2>&1) || fail "$what: \`$*\` succeeded${said:+, said: $said}"
}

equal() { [ "$2" = "$3" ] || fail "$1: expected '$2', got '$3'"; }
differ() { [ "$2" != "$3" ] || fail "$1: got '$3'"; }
at_least() { [ "$3" -ge "$2" ] || fail "$1: expected at least $2, got $3"; }
at_most() { [ "$3" -le "$2" ] || fail "$1: expected at most $2, got $3"; }

# contains WHAT TEXT-PATTERN TEXT: a glob that must match somewhere
contains() {
	# shellcheck disable=SC2053 # a pattern on purpose
	[[ $3 == *$2* ]] || fail "$1: expected '$2' in '$3'"
}

lacks() {
	# shellcheck disable=SC2053
	[[ $3 != *$2* ]] || fail "$1: did not expect '$2' in '$3'"
}

# nap SECONDS, without a process
mkfifo "$WORK/nap"
exec {nap_fd}<>"$WORK/nap"
nap() { read -rt "$1" -u "$nap_fd" || true; }

now_ms() { echo $((${EPOCHREALTIME/./} / 1000)); }

# wait_until COMMAND...: until it succeeds
wait_until() {
	local deadline=$((${EPOCHREALTIME/./} + PATIENCE * 1000000))
	until "$@" >/dev/null; do
		[ "${EPOCHREALTIME/./}" -lt $deadline ] || fail "\`$*\` did not come true in $PATIENCE s"
		nap $POLL_S
	done
}

# becomes EXPECTED COMMAND...: wait until the command prints just this
becomes() {
	local expected=$1 seen deadline=$((${EPOCHREALTIME/./} + PATIENCE * 1000000))
	shift
	while true; do
		seen=$("$@" 2>&1) || true
		[ "$seen" != "$expected" ] || return 0
		[ "${EPOCHREALTIME/./}" -lt $deadline ] ||
			fail "\`$*\` did not become '$expected' in $PATIENCE s, it is '$seen'"
		nap $POLL_S
	done
}

# reaches LEAST COMMAND...: wait until the command prints at least this number
reaches() {
	local least=$1
	shift
	wait_until at_least_now "$least" "$@"
}

at_least_now() {
	local least=$1 seen
	shift
	seen=$("$@") && [ "$seen" -ge "$least" ]
}

## --- tools -------------------------------------------------------------------

enable -f "$TOOLS/nl.so" nl
enable -f "$TOOLS/vmas.so" vmas

# A program only where it changes its process, or waits. Never in the case's own shell, which
# would have page faults by it, and be watched itself where small mappings are.
nl() {
	case " $*" in
	*' -'[!df]*) "$TOOLS/nl" "$@" ;;
	*) if [ "$BASH_SUBSHELL" -gt 0 ]; then builtin nl "$@"; else (builtin nl "$@"); fi ;;
	esac
}

## --- the module ----------------------------------------------------------------

load_only() { check "load" modprobe $MODULE "$@"; }

# On an emulated CPU the rounds of the analyzer alone cost more than its share of one; with all
# of one, no case depends on which faults were left out. bounds/analyzer_cpu is about the share.
# Nothing is changed before a case asks for it. Not while smadvd runs: the policy is its own then.
load() {
	load_only "$@"
	policy governor=observe analyzer-cpu-bp=10000
}
loaded() { [ -d /sys/module/$MODULE ]; }

# A reader of the module's files or a dump may hold it for a moment.
unload() {
	local said
	wait_until try_unload
	! loaded || fail "rmmod: $said"
}
try_unload() { said=$(rmmod $MODULE 2>&1); }

policy() { check "policy" nl policy-set "$@"; }
policy_is() { nl -f "$1" policy-get; }
statistic() { nl -f "$1" stats-get; }

# process PID FIELD[,FIELD]...
process() { nl -f "$2" process-get pid="$1"; }
tracked() { nl process-get pid="$1" >/dev/null; }
untracked() { ! tracked "$1"; }

# ranges PID FIELD[,FIELD]...: a line each. tasks likewise.
ranges() { nl -d -f "$2" range-get pid="$1"; }
tasks() { nl -d -f "$2" task-get pid="$1"; }

# of_file PID FILE FIELD,...: fields of the ranges on one file, without its name
of_file() {
	local file rest
	ranges "$1" "file,$3" | while read -r file rest; do
		[ "$file" != "$2" ] || echo "$rest"
	done
}

pattern_of() { of_file "$1" "$2" pattern; }

# Until the analyzer has seen all faults so far: each sweep looks at every process.
settle() {
	local rounds
	nap 0.3
	rounds=$(statistic analyzer-rounds)
	reaches $((rounds + 2)) statistic analyzer-rounds
}

# hints PID FILE: the hints on its mappings of the file, in order of address, each once
# in a row
hints() {
	local file hint last='' text=''
	while read -r _ _ _ file hint; do
		if [ "$file" = "$2" ] && [ "$hint" != "$last" ]; then
			text+=" $hint"
			last=$hint
		fi
	done < <(vmas "$1")
	echo "${text# }"
}

# mappings PID FILE: how many mappings of the file
mappings() { vmas "$1" | grep -c " $2 "; }

hinted() { becomes "$3" hints "$1" "$2"; }

log_since_begin() { dmesg | awk -v mark="smadv test: $CASE" 'index($0, mark) { on = 1; next } on'; }

# maps_folios: this kernel's faults map whole folios (since 6.18), not 16 pages at most: a stream
# takes fewer of them, further apart than what is counted as one step
maps_folios() { uname -r | awk -F. '{ exit !($1 > 6 || ($1 == 6 && $2 >= 18)) }'; }

# gives_up: this kernel counts misses for good, and soon reads single pages at random access
# without a hint, so that RANDOM is not tried (seen on 7.2)
gives_up() { uname -r | awk -F. '{ exit !($1 >= 7) }'; }

## --- JSON of smadv: one value a line -------------------------------------------

# json FIELD: its values in the JSON on standard input
json() {
	tr '{,' '\n\n' | sed -n "s/^ *\"$1\": *\"\{0,1\}\([^\"}]*\)\"\{0,1\}[]} ]*\$/\1/p"
}

## --- touchers --------------------------------------------------------------------

declare -A IN OUT PID advised

# start NAME [uid=N]: a toucher that takes commands from `tell NAME`
start() {
	local name=$1
	shift
	make_pipes "$name"
	toucher "$@" <"$WORK/$name.in" >"$WORK/$name.out" &
	attach "$name"
}

make_pipes() { mkfifo "$WORK/$1.in" "$WORK/$1.out"; }

attach() {
	local fd
	exec {fd}>"$WORK/$1.in"
	IN[$1]=$fd
	exec {fd}<"$WORK/$1.out"
	OUT[$1]=$fd
	hear "$1"
	[[ $said == "ready "* ]] || fail "toucher $1 said '$said'"
	PID[$1]=${said#ready }
}

# One line of the toucher, in $said
hear() { read -rt $((3 * PATIENCE)) -u "${OUT[$1]}" said || fail "toucher $1 is gone or silent"; }

# ask NAME COMMAND...: the answer is in $said
ask() {
	local name=$1
	shift
	echo "$*" >&"${IN[$name]}"
	hear "$name"
}

# tell NAME COMMAND...: it must be done
tell() {
	[[ $2 != @(advise|scatter) ]] || has_advised "${PID[$1]}"
	ask "$@"
	[[ $said == ok* ]] || fail "toucher $1: $2 ${3:-}: $said"
	said=${said#ok}
	said=${said# }
}

# tell_before_analyzer NAME COMMAND...: all are done before the analyzer can look, for the
# toucher has the same processor and does not let it run in between
tell_before_analyzer() {
	local analyzer name=$1
	shift
	analyzer=$(grep -lx smadv_analyzer /proc/[0-9]*/comm | cut -d/ -f3)
	check "its processor" taskset -p 2 "$analyzer"
	check "the same processor" taskset -p 2 "${PID[$name]}"
	check "its right of way" chrt -f -p 1 "${PID[$name]}"
	printf '%s\n' "$@" >&"${IN[$name]}"
	for _; do
		hear "$name"
		[[ $said == ok* ]] || fail "toucher $name: $said"
	done
	said=${said#ok }
}

# fork_from PARENT CHILD: CHILD is told like a toucher of its own
fork_from() {
	make_pipes "$2"
	tell "$1" fork "$WORK/$2.in" "$WORK/$2.out"
	attach "$2"
	[ -z "${advised[${PID[$1]}]:-}" ] || has_advised "${PID[$2]}"
}

# has_advised PID: it may bear hints at the end of the case
has_advised() { advised[$1]=1; }

end() {
	tell "$1" exit
	wait_until gone "${PID[$1]}"
}

gone() { [ ! -d "/proc/$1" ]; }

# Each case starts with a process that maps a file and is under watch.
# watched NAME FILE [MAP-OPTION]...: started if need be; the mapping is called after the file
watched() {
	local name=$1 file=$2
	shift 2
	[ -n "${PID[$name]:-}" ] || start "$name"
	tell "$name" map "${file##*/}" "$file" "$@"
	adopt "$name" "${file##*/}"
}

# The first fault only asks for adoption.
adopt() {
	tracked "${PID[$1]}" && return
	wait_until touched_and_tracked "$1" "$2"
	tell "$1" cold "$2"
}
touched_and_tracked() {
	tell "$1" zap "$2"
	tell "$1" touch "$2" seq 1 restart=1
	tracked "${PID[$1]}"
}

# hint_it NAME FILE HINT [MAPPING]: touch until the hint stands, paced so that the analyzer,
# not the speed of the machine, sets the delay
hint_it() {
	local map=${4:-${2##*/}} deadline=$((${EPOCHREALTIME/./} + PATIENCE * 1000000))
	tell "$1" cold "$map"
	until [ "$(hints "${PID[$1]}" "$2")" = "$3" ]; do
		[ "${EPOCHREALTIME/./}" -lt $deadline ] ||
			fail "$2 got no hint $3 in $PATIENCE s, it has '$(hints "${PID[$1]}" "$2")'"
		if [ "$3" = sequential ]; then
			tell "$1" touch "$map" seq 320 pace=1000
		else
			tell "$1" touch "$map" random 20 pace=1000
		fi
		# What is mapped does not fault again.
		[ "$said" -ge 5 ] || tell "$1" cold "$map"
	done
}

# kill_hard NAME
kill_hard() {
	kill -KILL "${PID[$1]}"
	wait_until gone "${PID[$1]}"
}

## --- what must hold at the end of every case --------------------------------------

accounting() {
	# shellcheck disable=SC2046 # words
	set -- $(nl -f "$TASK_SUMS,$HINT_SUMS" stats-get)
	equal "tasks filed = queued + applied + refused + cancelled ($*)" "$1" $(($2 + $3 + $4 + $5))
	equal "hints changed = active + restored + yielded + gone ($*)" "$6" $(($7 + $8 + $9 + ${10}))
}
TASK_SUMS=tasks-filed,tasks-queued,tasks-applied,tasks-refused,tasks-cancelled
HINT_SUMS=hints-changed,hints-active,hints-restored,hints-yielded,hints-gone

# Nothing but the tasks kept for show takes memory once every process is forgotten.
all_freed() {
	policy enabled=0
	equal "processes when disabled" 0 "$(statistic processes)"
	equal "ranges when disabled" 0 "$(statistic ranges)"
	equal "hints when disabled" 0 "$(statistic hints-active)"
	wait_until only_tasks_take_memory
}
only_tasks_take_memory() { at_most_now $((256 * $(nl -d -f id task-get | wc -l))) statistic memory-bytes; }
at_most_now() {
	local most=$1 seen
	shift
	seen=$("$@") && [ "$seen" -le "$most" ]
}

# Hints that processes bear which never advised anything
foreign_hints() {
	local pid rest
	vmas -H all | while read -r pid rest; do
		[ -n "${advised[${pid%:}]:-}" ] || echo "$pid $rest"
	done
}

nothing_left() {
	local threads
	[ ! -e $SYSFS ] || fail "left behind: $SYSFS"
	threads=$(grep -ls '^smadv_' /proc/[0-9]*/comm) || true
	equal "threads left behind" "" "$threads"
	! grep -HE 'handle_mm_fault|(do|vector)_madvise|copy_vma|unmapped_area|munmap|smadv' \
		$TRACING/enabled_functions /sys/kernel/debug/kprobes/list || fail "left behind: a hook"
	[ ! -e $TRACING/events/smart_madvise ] || fail "left behind: trace events"
	equal "netlink family left behind" "no family" "$(nl info-get || true)"
	equal "hints left behind" "" "$(foreign_hints)"
}

# Errors in the log, but for those that a case means to cause: $errors_expected, a pattern.
# Reports between rulers are the host's to judge: the kernel has data races of its own.
unexpected_errors() {
	dmesg -r | awk -v mark="smadv test: $CASE" -v expected="${errors_expected:-^$}" '
		index($0, mark) { on = 1; next }
		on && /={20,}$/ { ruled = !ruled; next }
		on && !ruled && /^<[0-3]>/ && $0 !~ expected'
}

finish() {
	if loaded; then
		accounting
		unload
	fi
	nothing_left
	equal "errors in the kernel log" "" "$(unexpected_errors)"
}

# What helps to understand a failure
show_state() {
	local pid name
	loaded || { echo "-- the module is not loaded"; return; }
	echo "-- statistics"
	nl stats-get | grep -v '=0$' | tr '\n' ' '
	echo
	echo "-- processes"
	nl -d process-get | head -n 20
	echo "-- tasks"
	nl -d task-get | tail -n 10
	for name in "${!PID[@]}"; do
		pid=${PID[$name]}
		[ -d "/proc/$pid" ] || continue
		echo "-- $name is $pid"
		nl -d range-get pid="$pid"
		vmas "$pid" | grep /mnt || true
	done
}

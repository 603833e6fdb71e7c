# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Sourced by scripts/setup and scripts/kernel: Debian's archive as the cache folder
# sees it, apart from the packages that the machine itself has installed.

CACHE=${SMADV_CACHE:-$REPO/.cache}
APT=$CACHE/apt # state, lists and downloads of private_apt()
BACKPORTS=bookworm-backports

# What scripts/kernel provides.
# shellcheck disable=SC2034 # for those who source this
EXTRA_KERNELS=(debug kcsan next rt)

say() { echo "${0##*/}: $*" >&2; }
die() { say "$*"; exit 1; }

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null && sudo -v; then
		sudo "$@"
	else
		die "needs root to install packages (run as root, or with a sudo that may)"
	fi
}

# Debian's own archives as this machine knows them, one "deb" line each, and
# each archive that has bookworm also with bookworm-backports.
archive_lines() {
	local uri suite component entry key
	apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT) $(SOURCESENTRY)' \
		'Created-By: Packages' 'Origin: Debian' 2>/dev/null | sort -u |
	while read -r uri suite component entry; do
		key=$(signed_by "${entry%:*}")
		echo "deb [signed-by=$key] $uri $suite $component"
		[ "$suite" != bookworm ] ||
			echo "deb [signed-by=$key] $uri $BACKPORTS $component"
	done | sort -u
}

# The key ring that a sources file names, or Debian's.
signed_by() {
	local key
	key=$(grep -ioP '^[^#]*\bsigned-by\s*[:=]\s*\K/[^],\s]+' "$1" 2>/dev/null | head -n 1) || true
	echo "${key:-/usr/share/keyrings/debian-archive-keyring.gpg}"
}

private_apt() {
	local tool=$1
	shift
	"$tool" -q -o Dir::Etc::sourcelist="$APT/sources.list" \
		-o Dir::Etc::sourceparts=/dev/null \
		-o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null \
		-o Dir::State="$APT/state" -o Dir::State::status=/dev/null \
		-o Dir::Cache="$APT/cache" -o APT::Sandbox::User="$(id -un)" \
		-o Acquire::Languages=none -o Acquire::Retries=3 "$@"
}

private_apt_ready=
private_apt_update() {
	[ -z "$private_apt_ready" ] || return 0
	mkdir -p "$APT/state/lists/partial" "$APT/cache/archives/partial"
	archive_lines >"$APT/sources.list"
	grep -q backports "$APT/sources.list" || {
		as_root apt-get -qq update
		archive_lines >"$APT/sources.list"
	}
	grep -q backports "$APT/sources.list" ||
		die "no source of Debian 12 (bookworm, main) found in this machine's apt configuration"
	say "reading the package lists"
	private_apt apt-get -q update >"$APT/update.log" 2>&1 ||
		die "apt-get update failed: $(tail -n 3 "$APT/update.log")"
	private_apt_ready=1
}

# in_suite SUITE: what the following look-ups prefer (- = the machine's own suite)
in_suite() {
	suite_option=()
	[ "$1" = - ] || suite_option=(-o "APT::Default-Release=$1")
}

# fetch DIR PACKAGE...: download and unpack into DIR
fetch() {
	local dir=$1 work deb
	shift
	work=$(mktemp -d "$APT/fetch.XXXXXX")
	say "fetching $*"
	(cd "$work" && private_apt apt-get "${suite_option[@]}" download "$@") >"$work/log" 2>&1 ||
		die "cannot download $*: $(tail -n 3 "$work/log")"
	for deb in "$work"/*.deb; do
		dpkg-deb -x "$deb" "$dir"
	done
	rm -rf "$work"
}

# depends PACKAGE: the packages that it depends on, one name a line
depends() {
	private_apt apt-cache "${suite_option[@]}" depends --important "$1" |
		sed -n 's/^ *|\?\(Pre\)\?Depends: //p' | sort -u
}

# candidate PACKAGE: the version that would be downloaded
candidate() {
	private_apt apt-cache "${suite_option[@]}" policy "$1" | sed -n 's/^ *Candidate: //p'
}

# new_folder NAME: an empty folder in the cache, to be filled and then put in place
new_folder() {
	local work
	work=$(mktemp -d "$CACHE/$1.XXXXXX")
	chmod 755 "$work"
	echo "$work"
}

put_in_place() {
	rm -rf "$2"
	mkdir -p "$(dirname "$2")"
	mv "$1" "$2"
}

## --- packaged kernels ------------------------------------------------------

install_kernel() {
	local name=$1 flavour=$2 suite=$3 dir=$CACHE/kernels/$1 image release work parts
	private_apt_update
	in_suite "$suite"
	image=$(depends "linux-image-$flavour" | grep '^linux-image-' | head -n 1) || true
	release=${image#linux-image-}
	[ -n "$release" ] || die "kernel $name: cannot resolve linux-image-$flavour"
	[ "$release" != "$(cat "$dir/release" 2>/dev/null)" ] || return 0
	mapfile -t parts < <(depends "linux-headers-$release" |
		grep -E '^linux-(headers-.*-common|kbuild)')
	work=$(new_folder kernel)
	fetch "$work" "$image" "linux-headers-$release" "${parts[@]}"
	make_relocatable "$work" "$release"
	ln -s "boot/vmlinuz-$release" "$work/vmlinuz"
	ln -s "usr/src/linux-headers-$release" "$work/kdir"
	echo "$release" >"$work/release"
	put_in_place "$work" "$dir"
	say "kernel $name is $release"
}

# The packages name each other by absolute paths under /usr.
make_relocatable() {
	local root=$1 release=$2 link
	for link in "$root/lib/modules/$release"/{build,source}; do
		[ ! -L "$link" ] || ln -sfnr "$root$(readlink "$link")" "$link"
	done
	sed -i -e 's#^include /usr/src/#include $(dir $(abspath $(lastword $(MAKEFILE_LIST))))../#' \
		-e 's#^KBUILD_OUTPUT=/usr/src/.*#KBUILD_OUTPUT := $(CURDIR)#' \
		"$root/usr/src/linux-headers-$release/Makefile"
}

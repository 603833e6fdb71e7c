# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Sourced by scripts/deb and tests/package, after archive.sh: roots of Debian releases in
# the cache folder, made by debootstrap from the archive that this machine uses.

ROOTS=$CACHE/roots

# What is in a root beyond a minimal Debian: to build packages, or to be a server that
# has what dkms needs.
declare -A ROOT_PACKAGES=(
	[build]="build-essential"
	[server]="systemd-sysv,dbus,udev,kmod,dkms,make,gcc,ccache,linux-image-cloud-amd64,linux-headers-cloud-amd64"
)

suite_of() {
	case $1 in
	12) echo bookworm ;;
	13) echo trixie ;;
	*) die "Debian '$1' is not known here (12, 13)" ;;
	esac
}

archive_of_debian() {
	archive_lines | sed -n 's/^deb \[.*\] \(.*\) bookworm main$/\1/p' | head -n 1
}

# root_of RELEASE KIND: the folder of that root, which is made if it is not there
root_of() {
	local release=$1 kind=$2 root=$ROOTS/$1-$2 suite archive work
	suite=$(suite_of "$release")
	[ ! -d "$root" ] || { echo "$root"; return; }
	command -v debootstrap >/dev/null || die "debootstrap is missing: run scripts/setup"
	archive=$(archive_of_debian)
	[ -n "$archive" ] || die "no archive of Debian found in this machine's apt configuration"
	mkdir -p "$ROOTS/packages"
	exec 9>"$ROOTS/lock"
	flock 9
	[ ! -d "$root" ] || { echo "$root"; return; }
	rm -rf "$ROOTS/$release-$kind".??????
	work=$(mktemp -d "$ROOTS/$release-$kind.XXXXXX")
	chmod 755 "$work"
	say "making a root of Debian $release (log: $ROOTS/$release-$kind.log)"
	as_root unshare --mount --propagation private debootstrap --variant=minbase --cache-dir="$ROOTS/packages" \
		--include="${ROOT_PACKAGES[$kind]}" "$suite" "$work" "$archive" \
		>"$ROOTS/$release-$kind.log" 2>&1 ||
		die "debootstrap failed: $(tail -n 3 "$ROOTS/$release-$kind.log")"
	as_root mv "$work" "$root"
	exec 9>&-
	echo "$root"
}

# in_root ROOT FOLDER PLACE COMMAND...: run it in the root, where FOLDER shows as PLACE
in_root() {
	local root=$1 folder=$2 place=$3
	shift 3
	as_root unshare --mount --propagation private sh -ec '
		root=$1 folder=$2 place=$3
		shift 3
		mount -t proc proc "$root/proc"
		mount --rbind /dev "$root/dev"
		mount --bind "$folder" "$root$place"
		cp /etc/resolv.conf "$root/etc/resolv.conf"
		exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
			SOURCE_DATE_EPOCH="$SOURCE_DATE_EPOCH" "$@"' sh "$root" "$folder" "$place" "$@"
}

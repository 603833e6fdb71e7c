# SPDX-License-Identifier: GPL-2.0
"""The guest's files: cpio archives, and what a program needs to run there."""
import hashlib
import lzma
import os
import re
import stat
import subprocess
from pathlib import Path

# Drivers that a guest may need and that are modules in some kernel under test.
DRIVERS = ["virtio_pci", "virtio_console", "crc32c_generic", "ext4", "zram", "loop"]

PROGRAMS = ["/usr/bin/fio", "/usr/bin/chrt", "/usr/bin/script", "/sbin/mke2fs", "/bin/bash"]
TERMINALS = ["/lib/terminfo/l/linux", "/lib/terminfo/v/vt100", "/lib/terminfo/x/xterm"]


class Archive:
    """A cpio archive ("newc") in memory; every path is the guest's."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.paths: set[str] = set()

    def add(self, path: str, mode: int, data: bytes = b"") -> None:
        path = path.strip("/")
        if path in self.paths:
            return
        parent = os.path.dirname(path)
        if parent:
            self.add(parent, stat.S_IFDIR | 0o755)
        self.paths.add(path)
        self._append(path, mode, data)

    def _append(self, path: str, mode: int, data: bytes) -> None:
        name = path.encode() + b"\0"
        # magic, then inode, mode, uid, gid, links, mtime, size, devices, name size, check
        fields = [len(self.parts) + 1, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name), 0]
        header = b"070701" + b"".join(b"%08x" % f for f in fields) + name
        self.parts += [header, bytes(-len(header) % 4), data, bytes(-len(data) % 4)]

    def link(self, path: str, target: str) -> None:
        self.add(path, stat.S_IFLNK | 0o777, target.encode())

    def text(self, path: str, text: str, mode: int = 0o644) -> None:
        self.add(path, stat.S_IFREG | mode, text.encode())

    def file(self, host: Path, path: str) -> None:
        """One file; a program comes with its shared libraries."""
        data = host.read_bytes()
        self.add(path, stat.S_IFREG | stat.S_IMODE(host.stat().st_mode), data)
        if data[:4] == b"\x7fELF":
            for library in libraries(host):
                if library.strip("/") not in self.paths:
                    self.add(library, stat.S_IFREG | 0o755, Path(library).read_bytes())

    def tree(self, host: Path, path: str) -> None:
        """A file, or a folder with all that is in it."""
        if host.is_symlink() and not host.exists():
            self.link(path, os.readlink(host))
        elif not host.is_dir():
            self.file(host, path)
        else:
            self.add(path, stat.S_IFDIR | 0o755)
            for child in sorted(host.iterdir()):
                self.tree(child, f"{path}/{child.name}")

    def pack(self) -> bytes:
        """The archive, padded so that another may follow."""
        self._append("TRAILER!!!", 0, b"")
        data = b"".join(self.parts)
        return data + bytes(-len(data) % 512)


def libraries(program: Path) -> list[str]:
    """The shared libraries of a program by the path at which it looks for them."""
    found = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
    missing = re.findall(r"(\S+) => not found", found)
    if missing:
        raise FileNotFoundError(f"{program} needs {' '.join(missing)}, which this machine has not")
    return re.findall(r"(?:=> |^\s*)(/\S+) \(0x", found, re.M)


def add_drivers(archive: Archive, modules: Path, release: str) -> None:
    """DRIVERS and what they depend on, with the indexes of modprobe."""
    depends = {}
    for line in subprocess.run(
            ["depmod", "-n", "-b", modules.parents[2], release],
            capture_output=True, text=True, check=True).stdout.splitlines():
        name, colon, rest = line.partition(":")
        if colon and name.startswith("kernel/"):
            depends[name] = rest.split()
    by_name = {re.sub(r"\.ko(\.xz)?$", "", os.path.basename(p)).replace("-", "_"): p for p in depends}
    base = f"/lib/modules/{release}"
    index = ["extra/smart_madvise.ko:"]
    wanted = [by_name[d] for d in DRIVERS if d in by_name]
    for path in dict.fromkeys(p for w in wanted for p in [w, *depends[w]]):
        data = (modules / path).read_bytes()
        if path.endswith(".xz"):
            data = lzma.decompress(data)
        plain = path.removesuffix(".xz")
        archive.add(f"{base}/{plain}", stat.S_IFREG | 0o644, data)
        index.append(f"{plain}: " + " ".join(p.removesuffix(".xz") for p in depends[path]))
    archive.text(f"{base}/modules.dep", "\n".join(index) + "\n")
    for empty in ["modules.alias", "modules.symbols", "modules.builtin"]:
        archive.text(f"{base}/{empty}", "")


def base_archive(modules: Path, release: str) -> bytes:
    """What every guest of one kernel has."""
    archive = Archive()
    archive.file(Path("/bin/busybox"), "/bin/busybox")
    for name in subprocess.run(["busybox", "--list-full"], capture_output=True, text=True,
                               check=True).stdout.split():
        if os.path.basename(name) not in ("busybox", "mke2fs"):
            archive.link(name, "/bin/busybox")
    for program in PROGRAMS:
        archive.file(Path(program), program)
    for terminal in TERMINALS:
        archive.file(Path(terminal), terminal)
    for folder in ["/proc", "/sys", "/dev", "/mnt", "/run", "/vm", "/etc", "/var"]:
        archive.add(folder, stat.S_IFDIR | 0o755)
    archive.add("/root", stat.S_IFDIR | 0o755)
    archive.add("/tmp", stat.S_IFDIR | 0o1777)
    archive.link("/var/run", "/run")
    archive.link("/etc/mtab", "/proc/mounts")
    archive.text("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"
                                "nobody:x:65534:65534:nobody:/tmp:/bin/sh\n")
    archive.text("/etc/group", "root:x:0:\nnogroup:x:65534:\n")
    archive.text("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n")
    archive.text("/etc/hosts", "127.0.0.1 localhost vm\n")
    add_drivers(archive, modules, release)
    return archive.pack()


def cached_base(cache: Path, modules: Path, release: str) -> Path:
    """The file of base_archive(), made anew when something in it may have changed."""
    key = hashlib.sha256(release.encode())
    for path in [Path(__file__), Path("/bin/busybox"), *map(Path, PROGRAMS + TERMINALS)]:
        seen = path.stat()
        key.update(f"{path} {seen.st_size} {seen.st_mtime_ns}".encode())
    path = cache / f"base-{release}-{key.hexdigest()[:12]}.cpio"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        for old in cache.glob(f"base-{release}-*.cpio"):
            old.unlink(missing_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}")
        fresh.write_bytes(base_archive(modules, release))
        fresh.rename(path)
    return path

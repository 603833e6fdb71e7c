# SPDX-License-Identifier: GPL-2.0
"""QEMU of the cache: how it is called, and what runs a guest's code."""
import os
import re
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import initramfs
import tsc

KVM_PROBE_S = 8

# Without ERMS and FSRM, with which clearing a page takes 4096 steps of the emulator and not 512.
EMULATED_CPU = "max,-erms,-fsrm"


@dataclass
class Qemu:
    """The emulator, with the kernel image that it is to run."""
    folder: Path
    cache: Path
    image: str

    def words(self) -> list[str]:
        share = self.folder / "usr/share"
        return [str(self.folder / "usr/bin/qemu-system-x86_64"), "-L", str(share / "seabios"),
                "-L", str(share / "qemu"), "-nodefaults", "-no-user-config", "-display", "none",
                "-no-reboot", "-M", "pc", "-seed", "1"]

    def environment(self) -> dict[str, str]:
        modules = self.folder / "usr/lib/x86_64-linux-gnu/qemu"
        return {**os.environ, "QEMU_MODULE_DIR": str(modules)}

    def guest_words(self, append: str, icount: bool = False, turns: bool = False,
                    accelerator: str | None = None) -> list[str]:
        """The kernel with its command line, and what runs it."""
        words = ["-kernel", self.image]
        if icount:
            return [*words, "-accel", "tcg", "-icount", "shift=0,sleep=off",
                    "-cpu", EMULATED_CPU, "-rtc", "base=2024-01-01,clock=vm",
                    "-append", f"{append} nokaslr"]
        if accelerator == "kvm" or (accelerator is None and self._kvm_works()):
            return [*words, "-accel", "kvm", "-cpu", "host", "-append", append]
        # A fifth level of page tables is walked for nothing. A guest that has to wait for its
        # turn calibrates its clock wrong now and then: by a factor of 13, once.
        return [*words, "-accel", f"tcg,thread={'single' if turns else 'multi'}",
                "-cpu", f"{EMULATED_CPU},-la57",
                "-append", f"{append} tsc_early_khz={tsc.khz()}"]

    def _kvm_works(self) -> bool:
        """Whether KVM runs a guest here, by booting one; remembered until a reboot."""
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8")
        if not re.search(r"^flags\s*:.*\b(vmx|svm)\b", flags, re.M) or \
                not os.access("/dev/kvm", os.W_OK):
            return False
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        remembered = self.cache / "kvm"
        if remembered.exists():
            known, answer = remembered.read_text(encoding="ascii").split()
            if known == boot:
                return answer == "works"
        works = self._probe_kvm()
        remembered.write_text(f"{boot} {'works' if works else 'fails'}\n", encoding="ascii")
        return works

    def _probe_kvm(self) -> bool:
        archive = initramfs.Archive()
        archive.file(Path("/bin/busybox"), "/bin/busybox")
        archive.text("/init", "#!/bin/busybox sh\n/bin/busybox mount -t devtmpfs dev /dev\n"
                              "echo guest-runs >/dev/ttyS0\n/bin/busybox reboot -f\n", 0o755)
        archive.add("/dev", stat.S_IFDIR | 0o755)
        with tempfile.NamedTemporaryFile(suffix=".cpio") as initrd:
            initrd.write(archive.pack())
            initrd.flush()
            words = [*self.words(), "-accel", "kvm", "-cpu", "host", "-m", "256",
                     "-kernel", self.image, "-initrd", initrd.name, "-serial", "stdio",
                     "-append", "console=ttyS0 panic=-1"]
            try:
                said = subprocess.run(words, env=self.environment(), stdin=subprocess.DEVNULL,
                                      capture_output=True, timeout=KVM_PROBE_S,
                                      check=False).stdout
            except subprocess.TimeoutExpired as late:
                said = late.stdout or b""
        return b"guest-runs" in said

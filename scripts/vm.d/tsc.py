# SPDX-License-Identifier: GPL-2.0
"""The rate of this machine's time-stamp counter, which emulated guests share."""
import ctypes
import mmap
import time

# rdtsc; shl rdx, 32; or rax, rdx; ret
READ_TSC = bytes.fromhex("0f31 48c1e220 4809d0 c3")
MEASURE_S = 0.1
TRIES = 20


def khz() -> int:
    """Measured against the monotonic clock, to some millionths."""
    page = mmap.mmap(-1, mmap.PAGESIZE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS,
                     mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(READ_TSC)
    code = ctypes.addressof(ctypes.c_char.from_buffer(page))
    read = ctypes.CFUNCTYPE(ctypes.c_uint64)(code)

    def look() -> tuple[int, int]:
        """Nanoseconds and ticks at a time: of several looks, the least disturbed."""
        looks = [(time.monotonic_ns(), read(), time.monotonic_ns()) for _ in range(TRIES)]
        before, ticks, after = min(looks, key=lambda one: one[2] - one[0])
        return (before + after) // 2, ticks

    first_ns, first = look()
    time.sleep(MEASURE_S)
    last_ns, last = look()
    return round((last - first) * 1e6 / (last_ns - first_ns))

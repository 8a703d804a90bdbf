"""How a benchmark tells its figures: the machine, the spread of the rounds, and each target as met or not."""

from __future__ import annotations

import os
import platform
import resource
import statistics
from collections.abc import Sequence
from pathlib import Path


def machine() -> str:
    """Cores, memory and how busy the machine is, since another's work shows in the clock and a little in the CPU."""
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    load = os.getloadavg()[0]
    return (
        f"Machine: {os.cpu_count()} cores, {pages * size / 2**30:.0f} GiB, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}; load {load:.1f} before"
    )


def spread(values: Sequence[float], digits: int = 2) -> str:
    """min–median–max."""
    return "–".join(f"{one:.{digits}f}" for one in (min(values), statistics.median(values), max(values)))


def target(what: str, found: float, at_most: float, unit: str = "") -> str:
    verdict = "met" if found <= at_most else "NOT met"
    return f"  {verdict:8}{what}: {found:.3g}{unit}, target at most {at_most:.3g}{unit}"


def cpu() -> float:
    """Seconds of CPU of this process and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def cpu_of(pid: int) -> float:
    """CPU seconds of a living process, from the kernel's table (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_mb() -> float:
    """The most memory that this program has held, in MB. Linux's `VmHWM` begins anew when a program is started, where
    `ru_maxrss` of a child that was forked begins at what its parent held."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024

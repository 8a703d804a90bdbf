"""How a benchmark tells its figures: the machine, the spread of the rounds, and each target as met or not.

Tables are Markdown, so that what is printed can be copied into the documents as it is.
"""

from __future__ import annotations

import os
import platform
import resource
import statistics
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

Found = tuple[str, float, float]
"""What was found beside a target: its name, the figure, and the most that it may be."""


def machine() -> str:
    """Cores, memory and how busy the machine is, since another's work shows in the clock and a little in the CPU."""
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    load = os.getloadavg()[0]
    libraries = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "pandas", "pyarrow", "deltalake"))
    return (
        f"Machine: {os.cpu_count()} cores, {pages * size / 2**30:.0f} GiB, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, {libraries}; load {load:.1f} before"
    )


def spread(values: Sequence[float], digits: int = 2) -> str:
    """min–median–max."""
    return "–".join(f"{one:.{digits}f}" for one in (min(values), statistics.median(values), max(values)))


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table whose columns also stand in line; the first is aligned to the left, the others to the right."""
    widths = [max(len(row[at]) for row in (head, *rows)) for at in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        padded = [
            cells[0].ljust(widths[0]),
            *(cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)),
        ]
        return f"| {' | '.join(padded)} |"

    ruler = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join(line(cells) for cells in (head, ruler, *rows))


def targets(found: Sequence[Found], unit: str = "") -> str:
    """A table of the figures beside what they may be at most."""
    return table(
        ("target", "at most", "found", "verdict"),
        [(what, f"{most:.3g}{unit}", f"{figure:.3g}{unit}", verdict(figure, most)) for what, figure, most in found],
    )


def verdict(found: float, at_most: float) -> str:
    return "met" if found <= at_most else "**not met**"


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

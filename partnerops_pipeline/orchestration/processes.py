"""Which process works on a Dagster run, and what to do with the runs of dead ones.

A run whose process was killed stays STARTED for ever, and its pool slot stays taken: the next run then hangs for
minutes (seen with Dagster 1.13). So each step of ours writes its process into the run's tags, and the next
`partnerops run` ends the runs whose process is gone.
"""

from __future__ import annotations

import logging
import os
import subprocess
from pathlib import Path

import dagster as dg

PROCESS_TAG = "partnerops/process"
_UNFINISHED = [
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]

log = logging.getLogger("partnerops")


def this_process() -> str:
    """Number and start of this process: the number alone may be given to another one later."""
    return f"{os.getpid()}@{_started(os.getpid())}"


def is_alive(process: str) -> bool:
    """Whether the process that wrote `this_process()` still runs."""
    number, _, started = process.partition("@")
    return number.isdigit() and _started(int(number)) == started


def mark_run_with_process(context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext) -> None:
    """Write this process into the tags of the run that the step belongs to."""
    context.instance.add_run_tags(context.run.run_id, {PROCESS_TAG: this_process()})


def end_dead_runs(instance: dg.DagsterInstance) -> list[str]:
    """Mark runs of dead processes as failed and free their pool slots.

    Call it under the run lock. Runs of living processes, and runs that wait in the queue, are left alone.

    Returns:
        the ids of the runs that were ended.
    """
    ended = []
    for run in instance.get_runs(filters=dg.RunsFilter(statuses=_UNFINISHED)):
        process = run.tags.get(PROCESS_TAG)
        if process is None or is_alive(process):
            continue
        number = process.partition("@")[0]
        instance.report_run_failed(run, message=f"The process {number} that worked on this run was killed.")
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
        log.info(
            "The run %s was cut off when its process %s ended; it is now marked as failed.", run.run_id[:8], number
        )
        ended.append(run.run_id)
    return ended


def _started(number: int) -> str:
    """When a process started, in the words of the system; "" where there is no such process."""
    stat = Path(f"/proc/{number}/stat")
    if stat.parent.parent.joinpath("self").exists():
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            return ""
        # Field 3 is the state (Z: dead, not yet buried), field 22 the start in ticks since this boot.
        return "" if fields[0] in "ZX" else f"{_boot()}:{fields[19]}"
    listed = subprocess.run(["ps", "-o", "lstart=", "-p", str(number)], capture_output=True, text=True, check=False)
    return "-".join(listed.stdout.split())


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()[:8]
    except OSError:
        return "boot"

"""What the last extraction of each object counted, kept for the release's record and for `partnerops status`.

Losing the file changes no number: the next extraction writes it anew.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from partnerops_pipeline.settings import Settings

if TYPE_CHECKING:
    from partnerops_pipeline.salesforce.extract import ObjectReport


def _file(settings: Settings) -> Path:
    return settings.state / "last_extraction.json"


def read_last_extraction(settings: Settings) -> dict[str, dict[str, Any]]:
    """Counts by lake path (`salesforce/opportunity`); empty before the first extraction."""
    try:
        content = json.loads(_file(settings).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def write_last_extraction(settings: Settings, reports: Iterable[ObjectReport]) -> None:
    """Replace what is known of these objects; the others keep what their own last extraction said."""
    known = read_last_extraction(settings) | {report.table: _entry(report) for report in reports}
    file = _file(settings)
    file.parent.mkdir(parents=True, exist_ok=True)
    half = file.with_suffix(f".{os.getpid()}")
    half.write_text(json.dumps(known, indent=1, sort_keys=True), encoding="utf-8")
    half.replace(file)


def _entry(report: ObjectReport) -> Mapping[str, Any]:
    return {
        "state": report.state,
        "counted_before": report.counted_before,
        "counted_after": report.counted_after,
        "downloaded": report.downloaded,
        "committed": report.committed,
        "unchanged": report.unchanged,
        "watermark": _text(report.watermark),
        "message": report.message or None,
    }


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()

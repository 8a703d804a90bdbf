"""Ways to read an export in a test."""

from __future__ import annotations

from partnerops_pipeline.intake.parse import Parsed


def by_key(parsed: Parsed) -> dict[str, dict[str, str | None]]:
    return {str(r.values[0]): dict(zip(parsed.columns, r.values, strict=True)) for r in parsed.records}


def rows_of(files: dict[str, bytes], profile: str) -> list[str]:
    [content] = [content for name, content in files.items() if name.startswith(f"{profile}/")]
    return content.decode("utf-8-sig" if profile == "impartner_partners" else "cp1252").splitlines()

"""From what a person writes behind `--select` to assets."""

from __future__ import annotations

import difflib

import dagster as dg

from partnerops_pipeline.errors import ConfigurationError


def select_assets(definitions: dg.Definitions, text: str) -> list[dg.AssetKey]:
    """The assets meant by a text.

    Args:
        definitions: what there is to choose from.
        text: asset keys (`salesforce/opportunity`) or bare names (`fct_opportunities`), separated by commas or
            blanks; or one expression of Dagster's selection syntax (`group:core`, `key:"salesforce/account"+`).

    Returns:
        keys in their order, at least one.

    Raises:
        ConfigurationError: nothing of that name, or not a selection; close names are offered.
    """
    graph = definitions.resolve_asset_graph()
    known = sorted(graph.executable_asset_keys)
    by_name: dict[str, list[dg.AssetKey]] = {}
    for key in known:
        by_name.setdefault(key.to_user_string(), []).append(key)
        by_name.setdefault(key.path[-1], []).append(key)
    words = text.replace(",", " ").split()
    if words and all(word in by_name for word in words):
        return sorted({key for word in words for key in by_name[word]})
    try:
        found = dg.AssetSelection.from_string(text).resolve(graph)
    except Exception:  # Dagster raises several kinds, none of them public, for a text that it cannot read
        found = set()
    chosen = sorted(found & set(known))
    if not chosen:
        unknown = next((word for word in words if word not in by_name), text)
        close = difflib.get_close_matches(unknown, list(by_name), n=1)
        hint = f"Did you mean {close[0]}?" if close else "Write an asset such as salesforce/opportunity, or group:core."
        raise ConfigurationError(f"The selection {text!r} names no asset.", hint)
    return chosen

"""How the portal and the marketplace number what they know, stated a second time (a test compares both)."""

from __future__ import annotations

import base64
import hashlib

PORTAL_ONLY_FROM = 9_000_000_000
"""Partners above this number are known to the portal alone."""


def portal_id(account: int) -> str:
    """The portal's number of a partner: that of its account above 100,000."""
    return str(100_000 + account)


def marketplace_key(prefix: str, *parts: int) -> str:
    """The marketplace's key of a record, `deal_3K7Q…`: eight bytes of a SHA-256 over its parts, in base 32."""
    digest = hashlib.sha256("/".join(map(str, parts)).encode()).digest()[:8]
    return f"{prefix}_{base64.b32encode(digest).decode().rstrip('=')}"


def portal_claim_id(claim: int) -> str:
    """The portal's number of a claim, seven digits wide."""
    return f"{claim:07d}"


def award_id(award: int) -> str:
    """The learning system's number of a certificate."""
    return f"C-{award:06d}"

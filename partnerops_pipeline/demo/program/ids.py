"""Record ids as Salesforce makes them, from the programme's own small numbers.

A record id has 15 case-sensitive characters (three of key prefix, twelve that count up) and, in its 18-character form,
three more that encode which of the 15 are upper case, so that it survives systems that fold case.
Source of the checksum: Salesforce, "Converting 15 character IDs to 18 character IDs".
"""

from __future__ import annotations

from functools import lru_cache

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"  # in byte order: ids sort as they count
_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"

PREFIXES = {
    "Organization": "00D", "User": "005", "UserRole": "00E", "Profile": "00e", "Account": "001",
    "AccountHistory": "017", "Contact": "003", "Opportunity": "006", "OpportunityHistory": "008",
    "OpportunityFieldHistory": "017", "OpportunityPartner": "00I", "OpportunityContactRole": "00K",
    "PartnerRole": "0Jz", "AccountPartner": "00I", "Lead": "00Q", "Campaign": "701", "CampaignMember": "00v",
    "Task": "00T", "Event": "00U", "Contract": "800", "CurrencyType": "01L", "DatedConversionRate": "04w",
    "ChannelProgram": "0H3", "ChannelProgramLevel": "0H4", "ChannelProgramMember": "0H5",
    "ChannelProgramMemberHistory": "017", "PartnerMarketingBudget": "0KY", "PartnerFundAllocation": "0KZ",
    "PartnerFundRequest": "0Kb", "PartnerFundClaim": "0Ka", "Deal_Registration__c": "a0D",
}  # fmt: skip
"""Key prefix of each object; the same as in the emulated org's schema (a test compares them)."""

_SPACE = {"AccountHistory": 1, "OpportunityFieldHistory": 2, "ChannelProgramMemberHistory": 3, "AccountPartner": 1}


def checksum(id15: str) -> str:
    """The three characters that turn a 15-character id into its 18-character form."""
    bits = (sum(1 << k for k, c in enumerate(id15[i : i + 5]) if "A" <= c <= "Z") for i in (0, 5, 10))
    return "".join(_CHECK[b] for b in bits)


def salesforce_id(sobject: str, number: int) -> str:
    """The 18-character id of record `number` (from 1) of an object. Smaller numbers sort first, byte by byte.

    Objects that share a key prefix (history objects, partner relations) live in number ranges of their own.
    """
    if number < 1:
        raise ValueError(f"record numbers start at 1, not {number} ({sobject})")
    # Nearly all numbers share all but the last five digits; remembering the rest makes an id four times as fast.
    above, last = divmod(number + _SPACE.get(sobject, 0) * 62**8, 62**5)
    head, check = _head(PREFIXES[sobject], above)
    rest, low = divmod(last, 62 * 62)
    high, middle = divmod(rest, 62 * 62)
    bits = _IS_UPPER[high] | _PAIR_UPPER[middle] << 1 | _PAIR_UPPER[low] << 3
    return f"{head}{_ALPHABET[high]}{_PAIRS[middle]}{_PAIRS[low]}{check}{_CHECK[bits]}"


_IS_UPPER = [int("A" <= c <= "Z") for c in _ALPHABET]
_PAIRS = [a + b for a in _ALPHABET for b in _ALPHABET]
_PAIR_UPPER = [a | b << 1 for a in _IS_UPPER for b in _IS_UPPER]


@lru_cache(maxsize=4096)
def _head(prefix: str, above: int) -> tuple[str, str]:
    """The first ten characters of an id, and the two check characters that belong to them."""
    digits = []
    for _ in range(4):
        above, digit = divmod(above, 62)
        digits.append(_ALPHABET[digit])
    first = prefix + "Hb0" + "".join(reversed(digits))
    return first, checksum(first + "00000")[:2]

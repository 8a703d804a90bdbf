"""The domain that a company registers, out of a website, a host or an e-mail address, without asking the network.

Two addresses of one company differ in scheme, subdomain and path, and agree in this. Addresses at mail providers and
at builders of websites say nothing about a company: they are listed in the two text files beside this one.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import tldextract

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://")
_LABEL = re.compile(r"[^\W_]([\w-]{0,61}[^\W_])?\Z")
_LISTS = ("free_mail_domains.txt", "shared_domains.txt")


def host_of(text: str) -> str | None:
    """The host of `https://www.Acme.co.uk:8443/x?y`, `acme.co.uk` or `jo@acme.co.uk`, in lower case; None if none."""
    rest = _SCHEME.sub("", text.strip().lower(), count=1)
    rest = re.split(r"[/?#\\\s]", rest, maxsplit=1)[0].rpartition("@")[2]
    host = rest.partition(":")[0].strip(".")
    labels = host.split(".")
    if len(labels) < 2 or labels[-1].isdigit() or not all(_LABEL.match(label) for label in labels):
        return None
    return host


def registrable_domain(text: str) -> str | None:
    """`acme.co.uk` of `https://www.acme.co.uk/x`; None for an address without one, such as `10.0.0.1` or `co.uk`.

    A host whose ending no registry is known for has the last two labels as its domain, as
    https://publicsuffix.org/list/ says ("If no rules match, the prevailing rule is '*'").
    International names come back in their ASCII form, so that both ways of writing them agree.
    """
    host = host_of(text)
    if host is None:
        return None
    try:
        host = host.encode("idna").decode("ascii") if not host.isascii() else host
    except UnicodeError:
        return None
    found = _extract().extract_str(host)
    if found.suffix:
        return f"{found.domain}.{found.suffix}" if found.domain else None
    return ".".join(host.split(".")[-2:])


def belongs_to_many(domain: str) -> bool:
    """Whether addresses at this registrable domain say nothing about a company: free mail, site builders, networks."""
    return domain in _shared()


@cache
def _extract() -> tldextract.TLDExtract:
    """With the list of endings that comes with the package: it would fetch another one at its first use."""
    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


@cache
def _shared() -> frozenset[str]:
    folder = Path(__file__).parent
    lines = (line for name in _LISTS for line in (folder / name).read_text(encoding="utf-8").splitlines())
    return frozenset(line for line in map(str.strip, lines) if line and not line.startswith("#"))

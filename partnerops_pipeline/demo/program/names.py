"""Names of people and companies that do not exist.

Faker, seeded, fills the pools once; every subject then picks from them with its own stream. All domains end in
`.example`, a top-level domain that can never be registered (RFC 2606).
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from random import Random

from faker import Faker

LOCALES = {"na": "en_US", "latam": "pt_BR", "emea": "de_DE", "apac": "en_AU"}
FIELDS = (
    "Logistics", "Systems", "Health", "Analytics", "Retail", "Foods", "Energy", "Robotics", "Materials", "Media",
    "Insurance", "Capital", "Pharma", "Textiles", "Motors", "Aviation", "Consulting", "Networks", "Software", "Works",
)  # fmt: skip
FORMS = {
    "na": ("Inc.", "LLC", "Corp."),
    "latam": ("Ltda.", "S.A."),
    "emea": ("GmbH", "SAS", "Ltd", "S.L."),
    "apac": ("Pty Ltd", "K.K.", "Pte. Ltd."),
}
TITLES = (
    "Chief Financial Officer",
    "Head of Procurement",
    "IT Director",
    "Operations Manager",
    "Project Lead",
    "Analyst",
)
POOL = 400


class Names:
    """Pools of names for one seed. Two objects with the same seed give the same names."""

    def __init__(self, seed: int) -> None:
        self._people = {region: _people(locale, seed) for region, locale in LOCALES.items()}

    def person(self, rng: Random, region: str) -> tuple[str, str]:
        """First and last name as they are common in a region (na, latam, emea, apac)."""
        first, last = self._people[region]
        return rng.choice(first), rng.choice(last)

    def company(self, rng: Random, region: str) -> str:
        """A company's name, such as `Albrecht Logistics GmbH`. Two companies may share one."""
        _, last = self._people[region]
        return f"{rng.choice(last)} {rng.choice(FIELDS)} {rng.choice(FORMS[region])}"


@lru_cache(maxsize=64)
def _people(locale: str, seed: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    faker = Faker(locale)
    faker.seed_instance(f"{seed}/{locale}")
    first = tuple(faker.first_name() for _ in range(POOL))
    return first, tuple(faker.last_name() for _ in range(POOL))


def slug(text: str) -> str:
    """`text` in lower-case ASCII letters and digits, joined by hyphens: `Gröbner Foods` becomes `grobner-foods`."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return "-".join("".join(c if c.isalnum() else " " for c in plain).split())


def domain_of(company: str, number: int) -> str:
    """The company's domain; its number keeps two companies of one name apart."""
    return f"{'-'.join(slug(company).split('-')[:2])}-{number}.example"


def email_of(first: str, last: str, domain: str) -> str:
    """`first.last@domain`, in ASCII."""
    return f"{slug(first)}.{slug(last)}@{domain}"


def says_test(name: str) -> bool:
    """Whether a record's name alone tells that it is a test record (the shapes that people use in CRMs)."""
    low = name.lower()
    return low.startswith(("test ", "zzz", "do not use")) or low.endswith(" test") or "(demo)" in low

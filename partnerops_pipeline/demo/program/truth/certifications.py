"""Who is certified: the awards of the learning system, by person and partner, as they stand on the as-of day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .exports import LearningAward
from .known import Known


@dataclass(frozen=True, slots=True)
class Certification:
    """An award with what is true of it. `partner` None: nobody's."""

    award: LearningAward
    partner: int | None
    is_latest: bool  # no later award of the same person for the same certification
    is_in_force: bool
    has_left: bool  # the person's contact in the CRM is deleted


def certifications(known: Known) -> list[Certification]:
    """All awards given up to the as-of day, with or without a partner."""
    awards = [award for award in known.exports.awards if award.issued <= known.as_of]
    latest: dict[tuple[str, str], LearningAward] = {}
    for award in awards:
        key = award.person, award.certification
        if key not in latest or _age(award) > _age(latest[key]):
            latest[key] = award
    gone = _people_who_left(known)
    return [
        Certification(
            award,
            known.matching.of_award(award.branch, award.email),
            latest[award.person, award.certification] is award,
            award.expires is None or award.expires >= known.as_of,
            award.email in gone,
        )
        for award in awards
    ]


def certified_people(known: Known) -> dict[int, set[str]]:
    """Partner → the people of whom at least one latest award is in force and who have not left."""
    people: dict[int, set[str]] = {}
    for c in certifications(known):
        if c.partner is not None and c.is_latest and c.is_in_force and not c.has_left:
            people.setdefault(c.partner, set()).add(c.award.person)
    return people


def required_of(known: Known) -> Iterator[tuple[int, int]]:
    """Partner and how many certified people its tier requires; only active partners of tiers that require any."""
    for partner in known.partners:
        record = known.facts.records[partner]
        tier = record.tier_on(known.as_of, known.as_of)
        required = known.policy.certified_people_required.get(tier, 0) if known.exports.has_tiers else 0
        if required and is_active_on_as_of(known, partner):
            yield partner, required


def is_active_on_as_of(known: Known, partner: int) -> bool:
    """Whether the partner's account was there on the as-of day, with the status active."""
    return (
        known.partners.created_on(partner) <= known.as_of
        and known.facts.records[partner].status_on(known.as_of) == "active"
    )


def _people_who_left(known: Known) -> set[str]:
    """E-mails whose contacts in the CRM are all deleted."""
    there: set[str] = set()
    gone: set[str] = set()
    for number, contact in known.facts.contacts.items():
        if contact.email:
            (gone if known.facts.is_deleted("contact", number) else there).add(contact.email.lower())
    return gone - there


def _age(award: LearningAward) -> tuple[object, str]:
    return award.issued, award.source_id

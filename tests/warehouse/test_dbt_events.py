from __future__ import annotations

import pytest
from dbt_common.events import event_manager_client as client
from dbt_common.events.base_types import EventLevel, EventMsg
from dbt_common.events.functions import fire_event, warn_or_error
from dbt_common.events.types import Note
from dbt_common.exceptions import EventCompilationError

from partnerops_pipeline.warehouse.dbt_events import nobody_listens


def test_a_warning_can_still_be_made_an_error() -> None:
    with nobody_listens():
        client.get_event_manager().warn_error = True
        fire_event(Note(msg="a line"))
        with pytest.raises(EventCompilationError, match="a warning"):
            warn_or_error(Note(msg="a warning"))


def test_who_listens_hears_every_line() -> None:
    heard: list[EventMsg] = []
    with nobody_listens():
        fire_event(Note(msg="before"), level=EventLevel.DEBUG)
        client.add_callback_to_manager(heard.append)
        fire_event(Note(msg="after"), level=EventLevel.DEBUG)
    assert [event.data.msg for event in heard] == ["after"]


def test_afterwards_dbt_has_its_own_events_again() -> None:
    before = client.get_event_manager()
    with pytest.raises(ZeroDivisionError), nobody_listens():
        assert client.get_event_manager() is not before
        raise ZeroDivisionError
    assert client.get_event_manager() is before

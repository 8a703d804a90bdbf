"""dbt's events, where nobody listens to them.

dbt makes a protobuf message of each of its thousands of debug lines before it asks whether anybody reads it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def nobody_listens() -> Iterator[None]:
    """For the length of the block, drop dbt's lines below a warning unless it has a log or a callback for them.

    Warnings go their usual way: dbt may be told to make errors of them.
    """
    from dbt_common.events import event_manager_client as client
    from dbt_common.events.base_types import BaseEvent, EventLevel
    from dbt_common.events.event_manager import EventManager

    class Quiet(EventManager):
        def fire_event(
            self,
            e: BaseEvent,
            level: EventLevel | None = None,
            node: Any = None,
            force_warn_or_error_handling: bool = False,
        ) -> None:
            heard = self.loggers or self.callbacks or force_warn_or_error_handling
            if heard or (level or e.level_tag()) in (EventLevel.WARN, EventLevel.ERROR):
                super().fire_event(e, level, node, force_warn_or_error_handling)

    before = client.get_event_manager()
    client.ctx_set_event_manager(Quiet())
    try:
        yield
    finally:
        client.ctx_set_event_manager(before)

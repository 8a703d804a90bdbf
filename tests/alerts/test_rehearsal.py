from __future__ import annotations

from partnerops_pipeline.alerts.channels.channel import Ending, Outcome
from partnerops_pipeline.alerts.channels.configured import configured_channels
from partnerops_pipeline.alerts.deliver import Wording
from partnerops_pipeline.alerts.memory import AlertState
from partnerops_pipeline.alerts.policy import Policy
from partnerops_pipeline.alerts.rehearsal import preview, try_channels
from tests.alerts.examples import AMOUNT, day, gap
from tests.alerts.history import History
from tests.alerts.receiver import Answer, Receiver


def test_a_preview_says_what_would_be_sent_and_changes_nothing() -> None:
    history = History()
    history.on(0, gap("g1"))
    observations = [gap("g1", 1, "resolved"), gap("g2", 1, revenue_at_stake=AMOUNT)]
    previewed = preview(history.state, observations, day(1), Policy(), Wording(currency="EUR"))
    assert [message.kind for message in previewed] == ["opened", "resolved"]
    assert "Revenue at stake: EUR 125,000." in previewed[0].facts
    assert [n.kind for n in history.on(1, *observations)] == ["opened", "resolved"]
    assert preview(AlertState(), [], day(0), Policy(), Wording()) == ()


def test_a_trial_tells_of_each_target_whether_it_hears(target: Receiver) -> None:
    channels = configured_channels(slack_webhook_url=target.url, webhook_url=target.url, webhook_secret="key")
    target.will_answer(Answer(200), Answer(403, "action_prohibited"))
    assert try_channels(channels, day(0)) == {
        "slack": Outcome(Ending.SENT),
        "webhook": Outcome(Ending.BROKEN, "the webhook answered 403 (action_prohibited)"),
    }
    assert "Nothing is wrong" in target.requests[0].json["text"]


def test_alerts_are_logged_where_no_target_is_set() -> None:
    assert [channel.name for channel in configured_channels()] == ["log"]

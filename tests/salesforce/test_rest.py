from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from partnerops_pipeline.salesforce import rest
from partnerops_pipeline.salesforce.errors import IncompleteDownload, UnusableAnswer
from partnerops_pipeline.salesforce.login import FixedToken
from partnerops_pipeline.salesforce.org import Org
from partnerops_pipeline.salesforce.pages import PageWriter
from partnerops_pipeline.salesforce.session import OrgSession
from partnerops_pipeline.salesforce.typing_pages import PageStamp

from .scripted_server import Answer, Asked, scripted_server

COLUMNS = {"Id": "VARCHAR", "Amount": "DECIMAL(18,2)", "IsWon": "BOOLEAN", "Stamp": "TIMESTAMPTZ"}
STAMP = PageStamp("b", datetime(2026, 7, 1, tzinfo=UTC))


def read_all(url: str, folder: Path) -> list[tuple[Any, ...]]:
    org = Org(OrgSession(url, FixedToken("t"), sleep=lambda _: None))
    PageWriter(folder, COLUMNS, STAMP, "reading X").write_all(
        rest.query_pages(org, "SELECT Id FROM X", list(COLUMNS), doing="reading X")
    )
    connection = duckdb.connect()
    connection.execute("SET TimeZone='UTC'")
    files = [str(one) for one in folder.iterdir() if one.suffix == ".parquet"]
    query = "SELECT Id, Amount::VARCHAR, IsWon, epoch(Stamp) FROM read_parquet(?) ORDER BY Id"
    return connection.execute(query, [files]).fetchall()


def test_pages_are_followed_and_no_digit_of_a_number_is_lost(tmp_path: Path) -> None:
    first = b"""{"totalSize": 2, "done": false, "nextRecordsUrl": "/services/data/v62.0/query/01g-2000", "records": [
        {"attributes": {"type": "X"}, "Id": "1", "Amount": 12345678901234.57, "IsWon": true,
         "Stamp": "2024-09-24T03:26:07.000+0000"}]}"""
    second = b'{"totalSize": 2, "done": true, "records": [{"Id": "2", "Amount": 1.0E7, "IsWon": false, "Stamp": null}]}'

    def answer(asked: Asked, n: int) -> Answer:
        assert (
            asked.path
            == ["/services/data/v62.0/queryAll?q=SELECT%20Id%20FROM%20X", "/services/data/v62.0/query/01g-2000"][n]
        )
        return Answer(200, first if n == 0 else second)

    with scripted_server(answer) as server:
        assert read_all(server.url, tmp_path) == [
            ("1", "12345678901234.57", True, 1727148367.0),
            ("2", "10000000.00", False, None),
        ]


def test_fewer_rows_than_announced_is_an_error(tmp_path: Path) -> None:
    body = {"totalSize": 3, "done": True, "records": [{"Id": "1"}]}
    with (
        scripted_server(lambda asked, n: Answer(200, body)) as server,
        pytest.raises(IncompleteDownload, match="1 rows arrived where Salesforce announced 3"),
    ):
        read_all(server.url, tmp_path)


@pytest.mark.parametrize(
    ("following", "says"),
    [("https://evil.example/query/1", "not a query"), ("/services/data/v62.0/query/1", "repeat themselves")],
)
def test_a_next_page_elsewhere_or_in_a_circle_is_not_followed(tmp_path: Path, following: str, says: str) -> None:
    body = {"totalSize": 3, "done": False, "nextRecordsUrl": following, "records": [{"Id": "1"}]}
    with scripted_server(lambda asked, n: Answer(200, body)) as server, pytest.raises(UnusableAnswer, match=says):
        read_all(server.url, tmp_path)


def test_an_answer_that_is_no_page_is_told(tmp_path: Path) -> None:
    with (
        scripted_server(lambda asked, n: Answer(200, {"hello": 1})) as server,
        pytest.raises(UnusableAnswer, match="not a page of records"),
    ):
        read_all(server.url, tmp_path)
    with (
        scripted_server(lambda asked, n: Answer(200, b"hello")) as server,
        pytest.raises(UnusableAnswer, match="not JSON"),
    ):
        read_all(server.url, tmp_path)

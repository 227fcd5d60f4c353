from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from examples.webhooks.events import EVENTS_FILE, EventFormatError, parse_event, read_events
from examples.webhooks.make_events import as_line, make_events
from examples.webhooks.tests.support import PAYMENT

if TYPE_CHECKING:
    from pathlib import Path


def line(**changes: object) -> bytes:
    return json.dumps(json.loads(as_line(PAYMENT)) | changes).encode()


def test_an_event_survives_being_written_and_read() -> None:
    """What `as_line` writes, `parse_event` reads."""
    assert parse_event(line()) == PAYMENT


@pytest.mark.parametrize(
    ("kind", "effect"),
    [
        ("payment.succeeded", 1_250),
        ("refund.created", -1_250),
        ("dispute.opened", -1_250),
        ("payout.paid", -1_250),
        ("payment.failed", 0),
    ],
)
def test_the_type_decides_where_the_money_goes(kind: str, effect: int) -> None:
    """Payments add to the balance, what leaves the merchant is taken off, the rest moves no money."""
    assert replace(PAYMENT, type=kind).effect == effect


@pytest.mark.parametrize(
    ("bad", "complaint"),
    [
        (b"\xff\n", "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
        (b"\n", "Expecting value: line 2 column 1 (char 1)"),
        (b"[]", "an event is a JSON object"),
        (b"{}", "field 'id' is missing"),
        (line(id=""), "field 'id' is '', expected a printable text"),
        (line(id="\ud83d"), "field 'id' is '\\ud83d', expected a printable text"),
        (line(type="\x1b[31m"), "field 'type' is '\\x1b[31m', expected a printable text"),
        (line(merchant=7), "field 'merchant' is 7, expected a printable text"),
        (line(amount=True), "field 'amount' is True, expected a whole number above zero"),
        (line(amount=-1), "field 'amount' is -1, expected a whole number above zero"),
        (line(attempt="1"), "field 'attempt' is '1', expected a whole number above zero"),
        (
            line(created="noon"),
            "field 'created' is 'noon', expected one like 2025-03-14T08:00:00.000Z",
        ),
        (
            line(received="2025-03-14T08:00:00"),
            "field 'received' is '2025-03-14T08:00:00', expected one like 2025-03-14T08:00:00.000Z",
        ),
    ],
)
def test_a_bad_line_is_named_with_what_is_wrong_with_it(tmp_path: Path, bad: bytes, complaint: str) -> None:
    """The message of a bad line starts with its file and number and ends with the reason."""
    path = tmp_path / "events.jsonl"
    path.write_bytes(line() + b"\n" + bad)
    with pytest.raises(EventFormatError) as problem:
        list(read_events(path))
    assert str(problem.value) == f"{path}:2: {complaint}"


def test_the_shipped_file_is_what_its_script_writes() -> None:
    """`make_events` is deterministic: anybody can write the very same file."""
    assert make_events() == EVENTS_FILE.read_text(encoding="utf-8")


def test_the_shipped_file_is_in_the_order_of_receipt() -> None:
    """A replay's clock never has to go back."""
    received = [event.received for event in read_events(EVENTS_FILE)]
    assert received == sorted(received)

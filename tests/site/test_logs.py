"""Logs tell what happened and not to whom."""

import json
import logging
import sys

import pytest

from site_config.common.logs import JsonFormatter

SECRET = "Фатима +7 900 000-00-00"


def line(record: logging.LogRecord) -> dict:
    """Return what the formatter makes of a record."""
    return json.loads(JsonFormatter().format(record))


def make_record(name="pages.prices", msg="done", args=(), exc_info=None):
    """A record as a logger makes it."""
    return logging.LogRecord(name, logging.ERROR, __file__, 1, msg, args, exc_info)


def test_exception_keeps_its_place_and_loses_its_words():
    try:
        try:
            raise KeyError(SECRET)
        except KeyError as error:
            raise ValueError(SECRET) from error
    except ValueError:
        written = JsonFormatter().format(make_record(exc_info=sys.exc_info()))
    assert SECRET not in written
    chain = json.loads(written)["exception"]
    assert [link["type"] for link in chain] == ["builtins.ValueError", "builtins.KeyError"]
    assert chain[0]["frames"][-1].startswith("tests/site/test_logs.py:")


def test_exception_that_caused_itself_ends():
    error = ValueError()
    error.__context__ = OSError()
    error.__context__.__context__ = error
    assert len(line(make_record(exc_info=(ValueError, error, None)))["exception"]) == 2


def test_words_of_other_libraries_keep_numbers_only():
    record = make_record("django.request", "%s: %s took %d ms", ("Error", SECRET, 12))
    assert line(record)["message"] == "…: … took 12 ms"


def test_host_header_of_a_stranger_is_not_kept():
    record = make_record("django.security.DisallowedHost", f"Invalid host {SECRET}")
    assert line(record)["message"] == ""


def test_our_own_words_are_kept():
    assert line(make_record(args=("three",), msg="%s prices"))["message"] == "three prices"


@pytest.mark.django_db
def test_request_is_logged_without_address_or_query(client, caplog):
    with caplog.at_level(logging.INFO, logger="site_config.common.request_log"):
        client.get("/admin/login/?next=/Fatima/", REMOTE_ADDR="192.0.2.77")
    (record,) = caplog.records
    written = JsonFormatter().format(record)
    assert "Fatima" not in written
    assert "192.0.2" not in written
    entry = json.loads(written)
    assert (entry["method"], entry["route"], entry["status"]) == ("GET", "wagtailadmin_login", 200)
    assert entry["ms"] >= 0

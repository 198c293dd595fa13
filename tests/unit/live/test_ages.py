"""Ages: what is replaced again and again is as old as its last one, whatever is done to the clock."""

from __future__ import annotations

from callbacks.live.ages import Age

HOUR_MS = 3_600_000


def test_what_is_replaced_is_young_and_what_is_not_any_more_grows_old_whatever_the_clock_says() -> None:
    passed_s = [0.0]
    age = Age(lambda: passed_s[0])
    assert age.of(10_000, 10_400) == 400
    passed_s[0] = 1.0
    assert age.of(11_000, 11_400) == 400
    passed_s[0] = 2.0
    assert age.of(11_000, 12_400) == 1_400
    passed_s[0] = 3.0
    assert age.of(11_000, 13_400 - HOUR_MS) == 2_000, "the clock was set back, and nothing new has come since"
    passed_s[0] = 63.0
    assert age.of(11_000, 73_400 - HOUR_MS) == 62_000
    assert age.of(73_000 - HOUR_MS, 73_400 - HOUR_MS) == 400, "one by the new clock has come"
    assert age.of(73_000 - HOUR_MS, 73_400) == HOUR_MS + 400, "it was set on again"

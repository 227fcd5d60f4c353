"""What a test that leaves something in its cache leads to."""

import pytest

from tests.pytest_plugin.conftest import Run

HOLDING = """
    import pytest
    {marker}
    def test_it(cache_provider):
        cache_provider.get_lock("stock").acquire()
"""

HELD = (
    r"  lock 'stock' is still held by <InMemoryLock 'stock' claimed lease=10000 ms>; "
    r'acquired .* s ago at test_\w+\.py:4 in test_it: cache_provider.get_lock\("stock"\).acquire\(\)'
)

WITHOUT_TTL = """
    import pytest
    {marker}
    def test_it(cache_provider):
        cache_provider.set("user:1", "ada")
"""


def test_a_lock_that_is_still_held_is_an_error(run: Run) -> None:
    """In production others would now wait for the end of its lease."""
    result = run(HOLDING.format(marker=""))
    result.assert_outcomes(passed=1, errors=1)


def test_the_error_shows_the_line_that_acquired_the_lock(run: Run) -> None:
    """And who holds it since when, and nothing of pytest's or the kit's insides."""
    result = run(HOLDING.format(marker=""))
    result.stdout.re_match_lines(
        [
            r"_+ ERROR at teardown of test_it _+",
            r"the test left behind in its cache:",
            HELD,
            r"  if it is meant to stay: @pytest.mark.cache_provider\(allow_locks=\['stock'\]\)",
            r"=+ short test summary info =+",
        ],
        consecutive=True,
    )


def test_a_critical_section_that_outlived_its_lease_is_an_error(run: Run) -> None:
    """Judged on the cache's clock."""
    result = run("""
        from cache_provider import LockNotOwnedError

        def test_it(cache_provider, cache_clock):
            lock = cache_provider.get_lock("stock", timeout=10)
            lock.acquire()
            cache_clock.advance(12)
            try:
                lock.release()
            except LockNotOwnedError:
                pass
    """)
    result.stdout.fnmatch_lines(
        ["  lock 'stock' outlived its lease, which was over 2 s earlier; acquired 12 s ago*"]
    )


def test_a_key_without_a_ttl_is_a_warning(run: Run) -> None:
    """It is a matter of taste, but one to know of."""
    run(WITHOUT_TTL.format(marker="")).assert_outcomes(passed=1, warnings=1)


def test_the_warning_stands_at_the_line_that_wrote_the_key(run: Run) -> None:
    """In pytest's summary."""
    result = run(WITHOUT_TTL.format(marker=""))
    result.stdout.fnmatch_lines(
        ["  *.py:4: CacheLeakWarning: key 'user:1' was written without a ttl * at test_*.py:4 in test_it: *"]
    )


def test_the_warning_says_how_to_allow_the_key(run: Run) -> None:
    """For this key only."""
    result = run("""
        def test_it(cache_provider):
            cache_provider.set("users[*]", "ada")
    """)
    allowed = repr([r"users\[\*]"])
    assert (
        f"\n  if it is meant to stay: @pytest.mark.cache_provider(allow_keys={allowed})\n"
        in result.stdout.str()
    )


def test_a_ttl_that_a_later_write_dropped_is_a_warning(run: Run) -> None:
    """The mistake that Redis' SET makes easy."""
    result = run("""
        def test_it(cache_provider):
            cache_provider.set("user:1", "ada", ttl=60)
            cache_provider.set("user:1", "eve")
    """)
    result.stdout.fnmatch_lines(
        ["  *.py:3: CacheLeakWarning: key 'user:1' lost its ttl by a write without one*"]
    )


@pytest.mark.parametrize(
    ("strictness", "outcome"),
    [("off", {}), ("warn", {"warnings": 1}), ("error", {"errors": 1})],
)
@pytest.mark.parametrize("module", [HOLDING, WITHOUT_TTL], ids=["lock", "key"])
def test_the_ini_key_says_what_a_leak_leads_to(
    run: Run, module: str, strictness: str, outcome: dict[str, int]
) -> None:
    """For locks and keys alike."""
    result = run(module.format(marker=""), "-o", f"cache_provider_leaks={strictness}")
    assert result.parseoutcomes() == {"passed": 1, **outcome}


def test_a_warning_that_the_suite_turns_into_an_error_reads_as_one(run: Run) -> None:
    """Without the kit's own source in it."""
    result = run(WITHOUT_TTL.format(marker=""), "-W", "error")
    result.stdout.re_match_lines(
        [
            r"the test left behind in its cache:",
            r"  key 'user:1' was written .*",
            r"  if it is meant to stay: @pytest.mark.cache_provider\(allow_keys=\['user:1'\]\)",
            r"=+ short test summary info =+",
        ],
        consecutive=True,
    )


def test_the_marker_says_what_a_leak_leads_to(run: Run) -> None:
    """Over the ini key."""
    marker = '@pytest.mark.cache_provider(leaks="off")'
    run(HOLDING.format(marker=marker), "-o", "cache_provider_leaks=error").assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("module", "marker"),
    [(HOLDING, '(allow_locks=["sto*"])'), (WITHOUT_TTL, '(allow_keys=["user:*"])')],
    ids=["lock", "key"],
)
def test_what_the_marker_allows_is_no_leak(run: Run, module: str, marker: str) -> None:
    """By a pattern in Redis' syntax."""
    result = run(
        module.format(marker=f"@pytest.mark.cache_provider{marker}"), "-o", "cache_provider_leaks=error"
    )
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("module", "ini"),
    [(HOLDING, "cache_provider_allow_locks=sto*"), (WITHOUT_TTL, "cache_provider_allow_keys=user:*")],
    ids=["lock", "key"],
)
def test_what_the_ini_key_allows_is_no_leak(run: Run, module: str, ini: str) -> None:
    """In the whole suite."""
    run(module.format(marker=""), "-o", "cache_provider_leaks=error", "-o", ini).assert_outcomes(passed=1)


def test_the_marker_adds_to_what_the_ini_key_allows(run: Run) -> None:
    """It does not take its place."""
    module = WITHOUT_TTL.format(marker='@pytest.mark.cache_provider(allow_keys=["order:*"])')
    arguments = ("-o", "cache_provider_leaks=error", "-o", "cache_provider_allow_keys=user:*")
    run(module, *arguments).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("statement", "outcome"),
    [
        ("assert False", {"failed": 1}),
        ("pytest.skip()", {"skipped": 1}),
        ("pytest.xfail()", {"xfailed": 1}),
    ],
)
def test_leaks_are_judged_only_if_the_test_passed(run: Run, statement: str, outcome: dict[str, int]) -> None:
    """A test that stopped half-way had no chance to clear up."""
    result = run(f"""
        import pytest

        def test_it(cache_provider):
            cache_provider.get_lock("stock").acquire()
            {statement}
    """)
    assert result.parseoutcomes() == outcome


def test_what_a_fixture_clears_up_is_no_leak(run: Run) -> None:
    """Leaks are judged after the fixtures that use the cache."""
    run("""
        import pytest

        @pytest.fixture
        def lock(cache_provider):
            lock = cache_provider.get_lock("stock")
            lock.acquire()
            yield lock
            lock.release()

        def test_it(lock):
            assert lock.owned()
    """).assert_outcomes(passed=1)


def test_the_next_test_is_not_blamed(run: Run) -> None:
    """A leak belongs to the test that left it."""
    result = run("""
        def test_leaving(cache_provider):
            cache_provider.get_lock("stock").acquire()

        def test_next(cache_provider):
            pass
    """)
    result.assert_outcomes(passed=2, errors=1)


def test_a_leak_of_a_coroutine_is_found(run: Run) -> None:
    """With its line."""
    result = run("""
        import asyncio

        def test_it(async_cache_provider):
            async def hold():
                await async_cache_provider.get_lock("stock").acquire()

            asyncio.run(hold())
    """)
    result.stdout.fnmatch_lines(
        ["  lock 'stock' is still held *.py:5 in hold: await async_cache_provider.get_lock*.acquire()"]
    )


def test_a_leak_is_judged_on_the_tests_clock(run: Run) -> None:
    """The age of a lock is what that clock says."""
    result = run("""
        def test_it(cache_provider, cache_clock):
            cache_provider.get_lock("stock", timeout=60).acquire()
            cache_clock.advance(42)
    """)
    result.stdout.fnmatch_lines(["  lock 'stock' is still held *; acquired 42 s ago *"])


TWICE = """
    def test_it(cache_provider):
        lock = cache_provider.get_lock("stock")
        lock.acquire()
        lock.release()
        lock.release()
"""


def test_a_lock_that_was_released_twice_is_a_warning_with_both_lines(run: Run) -> None:
    """The contract lets it pass, so it fails no test by itself."""
    first = "lock 'stock' had been released at *.py:4 in test_it: lock.release()"
    second = "released again * s ago at *.py:5 in test_it: lock.release()"
    run(TWICE).stdout.fnmatch_lines([f"  *.py:5: CacheLeakWarning: {first}; {second}"])


def test_a_lock_that_was_released_twice_fails_a_strict_suite(run: Run) -> None:
    """As every leak."""
    run(TWICE, "-o", "cache_provider_leaks=error").assert_outcomes(passed=1, errors=1)

"""The marker, the ini keys and what `--help` and `--fixtures` say."""

import pytest

from tests.pytest_plugin.conftest import Run

MARKED = """
    import pytest
    from cache_provider import PickleCodec

    @pytest.mark.cache_provider({options})
    def test_it(cache_provider):
        {body}
"""


@pytest.mark.parametrize(
    ("options", "body"),
    [
        ("codec=PickleCodec()", "assert cache_provider.set('k', {1, 2}, ttl=1)"),
        ("default_ttl=60", "cache_provider.set('k', 1); assert cache_provider.ttl('k') == 60"),
        ("max_size=0", "cache_provider.set('k', 1, ttl=60); assert not cache_provider.exists('k')"),
        ("key_prefix='shop:'", "assert cache_provider.key_prefix == 'shop:'"),
    ],
)
def test_the_marker_gives_a_test_options(run: Run, options: str, body: str) -> None:
    """As the adapter's arguments of that name."""
    run(MARKED.format(options=options, body=body)).assert_outcomes(passed=1)


def test_the_marker_chooses_the_eviction(run: Run) -> None:
    """The oldest written goes, though it was read last."""
    run("""
        import pytest

        @pytest.mark.cache_provider(max_size=2, eviction="fifo", default_ttl=60)
        def test_it(cache_provider):
            cache_provider.set("old", 1)
            cache_provider.set("new", 1)
            cache_provider.get("old")
            cache_provider.set("newest", 1)
            assert sorted(cache_provider.keys()) == ["new", "newest"]
    """).assert_outcomes(passed=1)


def test_the_closest_marker_counts(run: Run) -> None:
    """What it does not say, the next one does."""
    run("""
        import pytest

        pytestmark = pytest.mark.cache_provider(key_prefix="module:", default_ttl=60)

        @pytest.mark.cache_provider(key_prefix="test:")
        def test_it(cache_provider):
            cache_provider.set("k", 1)
            assert (cache_provider.key_prefix, cache_provider.ttl("k")) == ("test:", 60)
    """).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ("default_tll=60", "there is no option 'default_tll'; there are codec, default_ttl, max_size, *"),
        ("'shop:'", "options are given by name, not ('shop:',)"),
        ("leaks='loud'", "leaks must be one of off, warn, error, not 'loud'"),
        ("allow_keys='user:*'", "allow_keys must be an iterable of patterns, not 'user:?'"),
    ],
)
def test_a_wrong_marker_is_an_error_that_names_what_is_wrong(run: Run, options: str, complaint: str) -> None:
    """A slip is not silently without effect."""
    result = run(MARKED.format(options=options, body="pass"))
    result.stdout.fnmatch_lines([f"@pytest.mark.cache_provider: {complaint}"])


def test_a_wrong_marker_is_an_error_where_no_fixture_is_asked_for(run: Run) -> None:
    """A fixture may be asked for later."""
    run("""
        import pytest

        @pytest.mark.cache_provider(default_tll=60)
        def test_it():
            pass
    """).assert_outcomes(errors=1)


def test_the_marker_is_known(run: Run) -> None:
    """`--strict-markers` finds it."""
    run(
        """
        import pytest

        @pytest.mark.cache_provider(default_ttl=60)
        def test_it():
            pass
    """,
        "--strict-markers",
    ).assert_outcomes(passed=1)


def test_a_wrong_ini_value_ends_the_run_before_it_begins(run: Run) -> None:
    """It would otherwise show in some tests only."""
    result = run("def test_it(): pass", "-o", "cache_provider_leaks=loud")
    result.stderr.fnmatch_lines(["ERROR: cache_provider_leaks must be one of off, warn, error, not 'loud'"])


@pytest.mark.parametrize(
    "line",
    [
        "cache_provider: a cache that tests can trust:",
        "  --cache-provider-url=URL",
        "  cache_provider_url (string):",
        "  cache_provider_leaks (string):",
        "  cache_provider_allow_keys (linelist):",
        "  cache_provider_allow_locks (linelist):",
    ],
)
def test_the_help_names_each_option(run: Run, line: str) -> None:
    """`pytest --help` is where one looks first."""
    run("", "--help").stdout.fnmatch_lines([line])


@pytest.mark.parametrize(
    ("fixture", "first_line"),
    [
        ("cache_provider", "An empty cache that no other test sees: *"),
        ("async_cache_provider", "Like cache_provider, for coroutines; *"),
        ("make_cache_provider", "Make more caches: *"),
        ("cache_clock", "The clock of the test's caches, *"),
        ("cache_faults", "Make operations of the test's caches fail, *"),
        ("cache_calls", "The operations of the test's caches in their order, *"),
        ("cache_provider_factory [session scope]", "Open stores that live for a module, *"),
        ("cache_server", "The MemoryServer of the test's caches, *"),
    ],
)
def test_the_list_of_fixtures_says_what_each_is(run: Run, fixture: str, first_line: str) -> None:
    """`pytest --fixtures` is where one looks next."""
    run("", "--fixtures").stdout.fnmatch_lines(
        [
            f"{fixture.replace('[', '?').replace(']', '?')} -- *cache_provider/pytest_plugin.py:*",
            f"    {first_line}",
        ]
    )


def test_the_list_of_markers_says_what_it_takes(run: Run) -> None:
    """`pytest --markers`."""
    run("", "--markers").stdout.fnmatch_lines(["@pytest.mark.cache_provider(codec, default_ttl, *"])


@pytest.mark.parametrize("plugin", ["no:cacheprovider", "no:randomly", "no:xdist"])
def test_it_does_without_another_plugin(run: Run, plugin: str) -> None:
    """Of pytest's own as well."""
    run("def test_it(cache_provider): cache_provider.ping()", "-p", plugin).assert_outcomes(passed=1)


def test_it_leaves_pytests_own_cache_alone(run: Run) -> None:
    """The fixture `cache` stays pytest's."""
    run("""
        def test_it(cache, cache_provider):
            assert type(cache).__module__ == "_pytest.cacheprovider"
    """).assert_outcomes(passed=1)


def test_it_can_be_turned_off(run: Run) -> None:
    """As any plugin."""
    result = run("def test_it(cache_provider): pass", "-p", "no:cache_provider")
    result.stdout.fnmatch_lines(["E       fixture 'cache_provider' not found"])


def test_a_random_order_changes_nothing(pytester: pytest.Pytester) -> None:
    """No test leans on the one before it."""
    pytester.makepyfile("""
        import pytest

        @pytest.mark.parametrize("number", range(10))
        def test_it(cache_provider, number):
            assert cache_provider.setnx("k", number, ttl=60)
    """)
    result = pytester.runpytest_inprocess("-p", "no:asyncio", "-p", "no:anyio")
    result.assert_outcomes(passed=10)

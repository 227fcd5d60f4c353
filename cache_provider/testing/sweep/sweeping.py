"""`sweep`: every operation of a scenario fails in every way, one at a time."""

import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from cache_provider.arguments import Ttl, check_callable, check_integer, duration_ms
from cache_provider.codecs import Codec
from cache_provider.testing.leaks.leak import globs
from cache_provider.testing.sweep.cells import Rules
from cache_provider.testing.sweep.kinds import KINDS, check_kinds, parse_plan
from cache_provider.testing.sweep.progress import Progress, to_stderr
from cache_provider.testing.sweep.result import SweepResult
from cache_provider.testing.sweep.rounds import Rounds
from cache_provider.testing.sweep.sandbox import CacheOptions, Check, Function, Scenario, require_no_loop


def sweep(
    scenario: Scenario,
    check: Check | None = None,
    *,
    kinds: Iterable[str] = KINDS,
    allow: type[BaseException] | tuple[type[BaseException], ...] = (),
    order: int = 1,
    only: str | None = None,
    prepare: Scenario | None = None,
    recovery: Scenario | None = None,
    recovered: Check | None = None,
    settle: Ttl = 0,
    allow_keys: Iterable[str] = (),
    allow_locks: Iterable[str] = (),
    key_prefix: str = "test:",
    codec: Codec | None = None,
    default_ttl: Ttl | None = None,
    client: bool | Mapping[str, Any] = False,
    raising: bool = True,
    progress: Callable[[str], object] = to_stderr,
) -> SweepResult:
    """Make each cache operation of a scenario fail in each way, and judge the outcome.

    The scenario runs once without faults, then once for each of its operations and
    each kind of fault that can strike it. Every run has a new double, whose clock
    moves to the end of anything that is waited for. These questions are asked about
    each run, and the first that is answered with no is the cell's verdict:

    - `"diverged"`: Are the operations up to the fault those of the clean run?
    - `"never fired"`: Did the fault strike?
    - `"runaway"`: Did the run end?
    - `"raised"`: Is what the scenario raised in `allow`?
    - `"check"`: Does `check` hold?
    - `"leak"`: Was no lock and no key without a ttl left behind, except by
      a worker that died or a release that failed?
    - `"recovery"`: After all leases and `settle`, does a second run without faults
      on the same store raise nothing and leak nothing, and do `check` and
      `recovered` hold?

    Functions take the cache as their first argument. A coroutine function gets
    an asynchronous cache and is run to its end, so call `sweep` from a plain
    test function. A scenario must do the same each time: state that it keeps outside
    the cache makes runs diverge. In a worker that dies a `BaseException` is raised,
    and it cannot reach the cache any more; its `finally` blocks still run.

    Args:
        scenario: What is swept. It runs in one thread; tasks of one loop are fine.
        check: What must hold after each run, whatever happened. It raises or
            returns False if it does not hold. If it takes a second argument, it
            gets what the scenario returned, or None if the scenario raised or died.
        kinds: Some of `KINDS`; all of them by default.
        allow: What the scenario may raise under a fault, alone or in a group.
            The clean run and the second run may raise nothing.
        order: With 2, pairs of operations fail too: the second one later in the
            same run or in the second run, and then a third run is the recovery.
        only: Run just one cell, by the name that a failure shows.
        prepare: Runs before each scenario, without faults.
        recovery: The second run; the scenario by default.
        recovered: What must hold after the second run, besides `check`.
        settle: How much time passes before the second run, besides all leases:
            a `timedelta`, or seconds.
        allow_keys: Redis globs of keys that may stay without a ttl.
        allow_locks: Redis globs of the names of locks that may be left behind.
        key_prefix: As in `InMemoryCacheAdapter`.
        codec: As in `InMemoryCacheAdapter`.
        default_ttl: As in `InMemoryCacheAdapter`.
        client: Whether functions get a client of redis-py on the swept store instead of a
            cache, and coroutine functions one of `redis.asyncio`. A dict of client options,
            such as `{"decode_responses": True}`, counts as True. Faults then strike the client's
            commands. An error ends the connection, and the client retries only if it was
            given retries. `key_prefix`, `codec` and `default_ttl` apply to caches only.
        raising: Whether to raise if a cell failed; otherwise look at the result.
        progress: Called with a line now and then during a long sweep.

    Returns:
        The result, whose matrix is printed too.

    Raises:
        AssertionError: A cell or the clean run failed, or there was nothing to sweep.
        TypeError, ValueError: An argument is not legal.
        RuntimeError: A coroutine function would have to run where an event loop is running already.
    """
    check_callable("scenario", scenario)
    require_no_loop(scenario, check, prepare, recovery, recovered)
    rules = Rules(
        scenario=scenario,
        check=_callable("check", check),
        recovered=_callable("recovered", recovered),
        recovery=_callable("recovery", recovery) or scenario,
        prepare=_callable("prepare", prepare),
        allow=_exceptions(allow),
        settle=_not_negative("settle", settle),
        allow_keys=_patterns("allow_keys", allow_keys),
        allow_locks=_patterns("allow_locks", allow_locks),
        options=CacheOptions(key_prefix, codec, default_ttl),
        client=_client(client),
    )
    rounds = Rounds(rules, check_kinds(kinds), Progress(progress))
    result = rounds.all(_order(order)) if only is None else rounds.only(parse_plan(only))
    if raising:
        result.assert_clean()
    sys.stdout.write(f"{result}\n")
    return result


def _client(client: object) -> Mapping[str, Any] | None:
    if isinstance(client, bool):
        return {} if client else None
    if not isinstance(client, Mapping):
        raise TypeError(f"client must be a bool or options of a client by name, not {client!r}")
    return cast("Mapping[str, Any]", client)


def _callable(name: str, function: Function | None) -> Function | None:
    if function is not None:
        check_callable(name, function)
    return function


def _exceptions(allow: object) -> tuple[type[BaseException], ...]:
    listed = cast("tuple[type[BaseException], ...]", allow if isinstance(allow, tuple) else (allow,))
    for error in listed:
        _check_exception("allow", error)
    return listed


def _check_exception(name: str, error: object) -> None:
    if not isinstance(error, type) or not issubclass(error, BaseException):
        raise TypeError(f"{name} must be exception classes, not {error!r}")


def _not_negative(name: str, duration: Ttl) -> Ttl:
    if duration_ms(name, duration) < 0:
        raise ValueError(f"{name} must not be negative, not {duration!r}")
    return duration


def _patterns(name: str, patterns: Iterable[str]) -> tuple[str, ...]:
    listed = patterns if isinstance(patterns, str) else tuple(patterns)
    globs(name, listed)
    return tuple(listed)


def _order(order: int) -> int:
    if check_integer("order", order, minimum=1) > 2:
        raise ValueError(f"order must be 1 or 2, not {order}")
    return order

"""One cell: a run with its faults from fresh state, and the checks on what came of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, cast

from cache_provider.arguments import Ttl
from cache_provider.testing.leaks.leak import UNRETURNED, Leak, allowing
from cache_provider.testing.seam.sites import find_raising_site
from cache_provider.testing.sweep.kinds import MEANINGS, FaultKind, Plan, Strike, plan_name
from cache_provider.testing.sweep.sandbox import CacheOptions, Function, LeftoverWatch, Sandbox
from cache_provider.testing.sweep.tape import Passed, Tape

Verdict: TypeAlias = Literal[
    "ok", "diverged", "never fired", "runaway", "raised", "check", "leak", "recovery"
]

_RUNAWAY = 1000
"""How many more operations than the clean run a run may make, and ten times as many."""


@dataclass(frozen=True)
class Rules:
    """What a sweep runs and what it asks of it.

    Attributes:
        scenario: What is swept.
        check: What must hold after each run.
        recovered: What must hold besides after the recovery.
        recovery: The second run.
        prepare: What comes before the faults.
        allow: What the scenario may raise under a fault.
        settle: How much time passes between a run and its recovery, besides all leases.
        allow_keys: Which keys may stay without a ttl.
        allow_locks: Which locks may be left behind.
        options: What the caches are made with.
        client: What clients of redis-py are made with that take their place; None for caches.
    """

    scenario: Function
    check: Function | None
    recovered: Function | None
    recovery: Function
    prepare: Function | None
    allow: tuple[type[BaseException], ...]
    settle: Ttl
    allow_keys: tuple[str, ...]
    allow_locks: tuple[str, ...]
    options: CacheOptions
    client: Mapping[str, Any] | None = None

    def sandbox(self) -> Sandbox:
        """Return a new store, for caches or for clients."""
        if self.client is None:
            return Sandbox(self.options)
        from cache_provider.testing.sweep.client_sandbox import ClientSandbox  # noqa: PLC0415 - needs redis-py

        return ClientSandbox(self.client)


@dataclass(frozen=True)
class Cell:
    """What came of one plan.

    Attributes:
        plan: The faults.
        passed: The operations of all its runs, as far as they came.
        length: How many of them are the first run's.
        aims: What was to become of which operation, for each fault, in words.
        verdict: `"ok"`, or which check failed.
        story: What was wrong, in words; empty for `"ok"`.
    """

    plan: Plan
    passed: tuple[Passed, ...]
    length: int
    aims: tuple[str, ...]
    verdict: Verdict
    story: str = ""

    @property
    def name(self) -> str:
        """What `sweep(only=…)` runs just this cell by."""
        return plan_name(self.plan)


class _Failed(Exception):  # noqa: N818 - not an error: it carries a verdict out of the checks
    def __init__(self, verdict: Verdict, story: str) -> None:
        super().__init__(story)
        self.verdict: Verdict = verdict
        self.story = story


def run_cell(rules: Rules, plan: Plan, before: Cell | None = None) -> Cell:
    """Run the scenario from fresh state under the faults of `plan`, and judge what came of it.

    Args:
        rules: What to run and what to ask.
        plan: The faults; none is the clean run.
        before: What came of the plan without its last fault; None for the clean run.
    """
    sandbox = rules.sandbox()
    if rules.prepare is not None:
        sandbox.call(rules.prepare)
    judge = _Judge(rules, plan, before, sandbox)
    verdict: Verdict = "ok"
    story = ""
    try:
        judge.judge()
    except _Failed as failed:
        verdict, story = failed.verdict, failed.story
    aims = () if before is None else tuple(_aim(strike, before) for strike in plan)
    return Cell(plan, tuple(judge.tape.passed), judge.length, aims, verdict, story)


class _Judge:
    def __init__(self, rules: Rules, plan: Plan, before: Cell | None, sandbox: Sandbox) -> None:
        self._rules = rules
        self._plan = plan
        self._expected: tuple[Passed, ...] = before.passed if before else ()
        self._expected_length = before.length if before else 0
        self._sandbox = sandbox
        self.tape = Tape(plan, sandbox, _RUNAWAY + 10 * len(self._expected))
        self.length = 0

    def judge(self) -> None:
        """Run and check, rest, run again and check again.

        Raises:
            _Failed: A check failed.
        """
        try:
            self._run_struck(self._rules.scenario)
        finally:
            self.length = len(self.tape.passed)
        self._require_fired([strike for strike in self._plan if strike.at < self._expected_length])
        second = [strike for strike in self._plan if strike.at >= self._expected_length]
        if second:
            # What strikes the second run makes a third one the recovery.
            self._require_length()
            self._sandbox.rest(self._rules.settle)
            self._run_struck(self._rules.recovery)
            self._require_fired(second)
        self._sandbox.rest(self._rules.settle)
        self._recover()

    def _run_struck(self, function: Function) -> None:
        rules = self._rules
        watch = self._sandbox.watch()
        returned, error = self._run(function, watch)
        self._require_same_way()
        if error is not None and not self._plan:
            raise _Failed("raised", _told(error))
        if error is not None and not _is_allowed(error, rules.allow):
            remedy = f"if callers expect it: sweep(..., allow={type(error).__name__})"
            raise _Failed("raised", f"{_told(error)}\n    {remedy}")
        self._require(rules.check, returned, "check", "")
        self._require_no_leaks(watch, _excused(self.tape, self._plan), "leak", "")

    def _recover(self) -> None:
        rules = self._rules
        watch = self._sandbox.watch()
        returned, error = self._run(rules.recovery, watch)
        when = "after the recovery: "
        if error is not None:
            raise _Failed("recovery", f"the recovery raised {_told(error)}")
        self._require(rules.check, returned, "recovery", when)
        self._require(rules.recovered, returned, "recovery", when)
        self._require_no_leaks(watch, set(), "recovery", when)

    def _require_fired(self, strikes: Iterable[Strike]) -> None:
        missed = [str(strike) for strike in strikes if strike.at not in self.tape.fired]
        if missed:
            raise _Failed("never fired", f"{', '.join(missed)} of {len(self.tape.passed)} operations")

    def _require_length(self) -> None:
        if self.length != self._expected_length:
            raise _Failed(
                "diverged",
                f"the first run made {self.length} operations here and {self._expected_length} before",
            )

    def _require_same_way(self) -> None:
        """Fail where the run did not come to its last fault the way it was to."""
        end = self._plan[-1].at + 1 if self._plan else 0
        pairs = zip(self.tape.passed[:end], self._expected, strict=False)
        for number, (passed, expected) in enumerate(pairs, start=1):
            if not passed.is_like(expected):
                raise _Failed(
                    "diverged",
                    f"operation {number} was {passed} here and {expected} before; a sweep runs the scenario"
                    " again for each fault: create inside it any state that it keeps outside the cache",
                )

    def _run(self, function: Function, watch: LeftoverWatch) -> tuple[object, BaseException | None]:
        """Return what `function` returned and what it raised; neither where its worker died."""
        self.tape.start()
        returned: object = None
        raised: BaseException | None = None
        try:
            returned = self._sandbox.call(function, self.tape, watch)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # noqa: BLE001 - the rules say which are allowed
            raised = error
        if self.tape.has_run_away:
            raise _Failed("runaway", f"it did not end within {len(self.tape.passed)} operations")
        # What a worker that died would have said, nobody hears.
        return (None, None) if self.tape.is_dead else (returned, raised)

    def _require(self, check: Function | None, returned: object, verdict: Verdict, when: str) -> None:
        if check is None:
            return
        try:
            answer = self._sandbox.call(check, given=(returned,))
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # noqa: BLE001 - whatever a check raises, pytest.fail's too, it did not pass
            raise _Failed(verdict, f"{when}{_told(error)}") from None
        if answer is False:
            raise _Failed(verdict, f"{when}the check returned False")

    def _require_no_leaks(self, watch: LeftoverWatch, excused: set[str], verdict: Verdict, when: str) -> None:
        leaks = watch.leaks(self._rules.allow_keys, self._rules.allow_locks)
        left = [leak for leak in leaks if not _is_excused(leak, excused)]
        if left:
            remedy = f"if it is meant to stay: sweep(..., {allowing(left)})"
            raise _Failed(verdict, when + "\n".join([*map(str, left), remedy]))


def _aim(strike: Strike, before: Cell) -> str:
    operation = before.passed[strike.at]
    run = ", in the second run," if strike.at >= before.length else ""
    return f"{operation} at {operation.site}{run} {MEANINGS[strike.kind]}"


def _excused(tape: Tape, plan: Plan) -> set[str]:
    """Return the locks that nobody could give back.

    Of a worker that died or was paused, of a release that failed, or of a claim that nobody heard of.
    """
    struck: list[tuple[Passed, FaultKind]] = [
        (tape.passed[strike.at], strike.kind) for strike in plan if strike.at in tape.fired
    ]
    if any(
        kind in ("crash", "paused") or (passed.is_command and passed.strands_lock(kind))
        for passed, kind in struck
    ):
        # What a client sends to release a lock may have to be loaded first, and that names no lock.
        return {key for passed in tape.passed if passed.takes_lock for key in passed.keys}
    return {key for passed, kind in struck if passed.strands_lock(kind) for key in passed.keys}


def _is_allowed(error: BaseException, allow: tuple[type[BaseException], ...]) -> bool:
    """Tell whether an error is allowed, or all that a task group raised together."""
    if isinstance(error, allow):
        return True
    if not isinstance(error, BaseExceptionGroup):
        return False
    group = cast("BaseExceptionGroup[BaseException]", error)
    return all(_is_allowed(member, allow) for member in group.exceptions)


def _is_excused(leak: Leak, excused: set[str]) -> bool:
    # A release that is repeated because its reply was lost is how to recover from that.
    return leak.kind == "double release" or (leak.kind in UNRETURNED and leak.key in excused)


def _told(error: BaseException) -> str:
    """Return an error with the line of the user's that raised it."""
    site = find_raising_site(error)
    return f"{type(error).__name__}: {error}\n    at {site} in {site.function}: {site.text}"

"""One cell: a run with its faults from fresh state, and the checks on what came of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from cache_provider.arguments import Ttl
from cache_provider.testing.leaks.leak import Leak
from cache_provider.testing.leaks.watch import LeakWatch
from cache_provider.testing.seam.sites import find_raising_site
from cache_provider.testing.sweep.kinds import BEFORE, Plan, plan_name
from cache_provider.testing.sweep.stage import CacheOptions, Function, Stage
from cache_provider.testing.sweep.tape import Passed, RunawayError, Tape, WorkerDiedError

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


@dataclass(frozen=True)
class Cell:
    """What came of one plan.

    Attributes:
        plan: The faults.
        passed: The operations of the run they struck, as far as it came.
        verdict: `"ok"`, or which check failed.
        story: What was wrong, in words; empty for `"ok"`.
    """

    plan: Plan
    passed: tuple[Passed, ...]
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


def run_cell(rules: Rules, plan: Plan, expected: tuple[Passed, ...]) -> Cell:
    """Run the scenario from fresh state under the faults of `plan`, and judge what came of it.

    Args:
        rules: What to run and what to ask.
        plan: The faults; none is the clean run.
        expected: The operations of the run with all faults but the last; none of the clean run.
    """
    stage = Stage(rules.options)
    if rules.prepare is not None:
        stage.call(rules.prepare)
    tape = Tape(plan, stage.store(), _RUNAWAY + 10 * len(expected))
    try:
        _Judge(rules, stage).judge(tape, plan, expected)
    except _Failed as failed:
        return Cell(plan, tuple(tape.passed), failed.verdict, failed.story)
    return Cell(plan, tuple(tape.passed), "ok")


class _Judge:
    def __init__(self, rules: Rules, stage: Stage) -> None:
        self._rules = rules
        self._stage = stage

    def judge(self, tape: Tape, plan: Plan, expected: tuple[Passed, ...]) -> None:
        """Run, check, rest, run again, check again.

        Raises:
            _Failed: A check failed.
        """
        rules = self._rules
        watch = LeakWatch(self._stage.clock)
        returned, error = self._run(rules.scenario, tape, watch)
        _require_same_way(tape, plan, expected)
        if error is not None and (not plan or not isinstance(error, rules.allow)):
            raise _Failed("raised", _told(error))
        self._require(rules.check, returned, "check", "")
        self._require_no_leaks(watch, _excused(tape, plan), "")
        self._recover(tape)

    def _recover(self, tape: Tape) -> None:
        rules = self._rules
        self._stage.rest(rules.settle)
        watch = LeakWatch(self._stage.clock)
        again = Tape((), self._stage.store(), _RUNAWAY + 10 * len(tape.passed))
        returned, error = self._run(rules.recovery, again, watch)
        if error is not None:
            raise _Failed("recovery", f"the second run raised {_told(error)}")
        self._require(rules.check, returned, "recovery", "after the second run: ")
        self._require(rules.recovered, returned, "recovery", "after the second run: ")
        self._require_no_leaks(watch, (), "after the second run: ")

    def _run(self, function: Function, tape: Tape, watch: LeakWatch) -> tuple[object, Exception | None]:
        """Return what `function` returned and what it raised; neither where its worker died."""
        try:
            return self._stage.call(function, tape, watch), None
        except WorkerDiedError:
            return None, None
        except RunawayError:
            raise _Failed("runaway", f"it did not end within {len(tape.passed)} operations") from None
        except Exception as error:  # noqa: BLE001 - the rules say which are allowed
            return None, error

    def _require(self, check: Function | None, returned: object, verdict: Verdict, when: str) -> None:
        if check is None:
            return
        try:
            answer = self._stage.call(check, given=(returned,))
        except Exception as error:  # noqa: BLE001 - whatever a check raises, it did not pass
            raise _Failed(verdict, f"{when}{_told(error)}") from None
        if answer is False:
            raise _Failed(verdict, f"{when}the check returned False")

    def _require_no_leaks(self, watch: LeakWatch, excused: Iterable[str], when: str) -> None:
        leaks = watch.leaks(self._rules.allow_keys, self._rules.allow_locks)
        left = [leak for leak in leaks if not _is_lock(leak) or leak.key not in set(excused)]
        if left:
            raise _Failed("leak", when + "; ".join(map(str, left)))


def _require_same_way(tape: Tape, plan: Plan, expected: tuple[Passed, ...]) -> None:
    """Fail where the run did not come to its last fault the way it was to."""
    if not plan:
        return
    way = tape.passed[: plan[-1].at + 1]
    for number, (passed, before) in enumerate(zip(way, expected, strict=False), start=1):
        if not passed.is_like(before):
            raise _Failed("diverged", f"operation {number} was {passed} here and {before} before")
    missed = [str(strike) for strike in plan if strike.at not in tape.fired]
    if missed:
        raise _Failed("never fired", f"{', '.join(missed)} struck nothing in {len(tape.passed)} operations")


def _excused(tape: Tape, plan: Plan) -> set[str]:
    """Return the locks that nobody could give back: of a worker that died, or of a release that failed."""
    struck = [(tape.passed[strike.at], strike.kind) for strike in plan]
    if any(kind == "crash" for _, kind in struck):
        struck = [(passed, "crash") for passed in tape.passed if passed.name == "lock.acquire"]
    return {
        key
        for passed, kind in struck
        for key in passed.keys
        if kind == "crash" or (kind in BEFORE and passed.name == "lock.release")
    }


def _is_lock(leak: Leak) -> bool:
    return leak.kind in {"lock", "outlived lease"}


def _told(error: BaseException) -> str:
    """Return an error with the line of the user's that raised it."""
    site = find_raising_site(error)
    return f"{type(error).__name__}: {error}\n    at {site} in {site.function}: {site.text}"

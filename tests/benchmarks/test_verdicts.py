"""What is asked of our figures, and who is there to be compared with."""

from dataclasses import replace

import pytest

from benchmarks import targets
from benchmarks.measure import QUICK
from benchmarks.resources import close_all, close_later
from benchmarks.row import measure
from benchmarks.subjects import FLOOR, OURS, NoServerError, Roster, muster
from benchmarks.targets import MICROSECONDS, Against, AheadOfPeers, AtMost, Flat
from tests.benchmarks.made_up import constant, nothing, subject, summary


class TestTargets:
    @pytest.mark.parametrize(("ours", "holds"), [(14, True), (15, False)])
    def test_a_ratio_holds_up_to_its_limit(self, ours: float, holds: bool) -> None:
        """The limit itself is allowed."""
        verdict = Against(1.4, "peer").judge({"peer": summary(10), OURS: summary(ours)})
        assert verdict.holds is holds

    @pytest.mark.parametrize(("factor", "target"), [(1.0, "≤ 1.4x floor"), (1.5, "≤ 2.1x floor")])
    def test_a_limit_is_that_of_this_pythons_floor(
        self, monkeypatch: pytest.MonkeyPatch, factor: float, target: str
    ) -> None:
        """Where the floor has become quicker, more of it is allowed."""
        monkeypatch.setattr(targets, "FLOOR_FACTOR", factor)
        assert Against(1.4).judge({FLOOR: summary(10), OURS: summary(10)}).target == target

    def test_another_subject_may_be_held_to_a_target(self) -> None:
        """Our Redis adapter is judged where our double does not take part."""
        figures = {"redis-py": summary(10), "our adapter": summary(13)}
        assert Against(1.25, "redis-py").judge(figures, "our adapter").holds is False

    @pytest.mark.parametrize(("ours", "holds"), [(5_000, True), (5_001, False)])
    def test_an_absolute_limit_is_counted_in_its_unit(self, ours: float, holds: bool) -> None:
        """Samples are in nanoseconds, the limit is not."""
        assert AtMost(5, MICROSECONDS).judge({OURS: summary(ours)}).holds is holds

    @pytest.mark.parametrize(("ours", "holds"), [(19, True), (21, False)])
    def test_ahead_means_ahead_of_the_quickest_peer(self, ours: float, holds: bool) -> None:
        """The floor is no peer."""
        figures = {FLOOR: summary(10), OURS: summary(ours), "slow": summary(90), "quick": summary(20)}
        assert AheadOfPeers().judge(figures).holds is holds

    @pytest.mark.parametrize(("slowest", "holds"), [(20, True), (21, False)])
    def test_flat_means_that_none_is_much_slower_than_the_first(self, slowest: float, holds: bool) -> None:
        """Not only the last one."""
        figures = {"1k": summary(10), "10k": summary(slowest), "100k": summary(9)}
        assert Flat(2).judge(figures).holds is holds

    @pytest.mark.parametrize("target", [Against(1.0, "upstream"), AheadOfPeers(), Flat(2)])
    def test_without_the_peer_there_is_no_verdict(self, target: Against | AheadOfPeers | Flat) -> None:
        """Nobody to compare with is neither a success nor a failure."""
        assert target.judge({OURS: summary(10)}).holds is None

    def test_without_any_figure_there_is_no_verdict(self) -> None:
        """A row in which everybody failed is not judged."""
        assert Flat(2).judge({}).holds is None


class TestWhoIsThere:
    def test_a_peer_that_is_not_installed_is_missing(self) -> None:
        """By name and with the reason, not dropped."""
        absent = subject("absent", distribution="absent-dist", fails_with=ModuleNotFoundError("no absent"))
        assert muster([absent]) == Roster((), {"absent": "absent-dist is not installed (no absent)"})

    def test_a_peer_whose_module_is_another_packages_is_missing(self) -> None:
        """It opens, and would be measured under the wrong name."""
        other = subject("other", distribution="other-dist")
        reason = "other-dist is not installed (No package metadata was found for other-dist)"
        assert muster([other]).missing == {"other": reason}

    def test_a_server_that_is_not_there_is_missing(self) -> None:
        """The client may be installed and still have nothing to talk to."""
        alone = subject("alone", distribution="client", fails_with=NoServerError("no server"))
        assert muster([alone]) == Roster((), {"alone": "no server"})

    def test_a_broken_peer_is_not_mistaken_for_a_missing_one(self) -> None:
        """Only what is not installed is missing."""
        broken = subject("broken", distribution="broken-dist", fails_with=AttributeError("moved"))
        with pytest.raises(AttributeError, match="moved"):
            muster([broken])

    def test_what_is_always_there_is_not_opened_to_find_out(self) -> None:
        """Opening is for peers, which may not be there."""
        ours = subject(OURS, fails_with=ModuleNotFoundError("not asked"))
        assert muster([ours]).present == (ours,)

    @pytest.mark.parametrize("order", [1, -1])
    def test_an_alias_gives_way_to_the_subject_of_its_name(self, order: int) -> None:
        """An alias is not credited, so a peer that two sections know would not be either."""
        ours = subject(OURS)
        assert muster([ours, replace(ours, is_alias=True)][::order]).present == (ours,)


class TestResources:
    def test_a_row_closes_what_was_opened_for_it(self) -> None:
        """Servers and event loops end with their row."""
        closed: list[str] = []
        close_later(lambda: closed.append("server"))
        measure(constant(1.0), [subject(OURS)], QUICK, progress=nothing)
        assert closed == ["server"]

    def test_the_last_that_was_opened_is_closed_first(self) -> None:
        """A client goes before its server."""
        closed: list[str] = []
        close_later(lambda: closed.append("server"))
        close_later(lambda: closed.append("client"))
        close_all()
        assert closed == ["client", "server"]

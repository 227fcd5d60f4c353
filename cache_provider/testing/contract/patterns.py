"""Which keys a pattern finds: Redis' globs, bytewise on UTF-8."""

from collections.abc import Callable

import pytest

from cache_provider.testing.contract.base import Contract
from cache_provider.testing.contract.capabilities import Capability, needs
from cache_provider.testing.contract.harness import Cache, Harness
from cache_provider.testing.contract.operations import whole_scan
from cache_provider.testing.contract.rows import about
from cache_provider.testing.contract.terms import Terms

GLOBS: list[tuple[str, list[str], list[str]]] = [
    # A literal
    ("abc", ["abc"], ["", "ab", "abcd", "ABC", "xabc"]),
    ("é", ["é"], ["e", "e\u0301", "É"]),
    ("", [""], ["a", "*", "\n"]),
    # `*` is any run, newline and slash included
    ("*", ["", "a", "a/b", "a\nb", "\n", "é", "*", "["], []),
    ("**", ["", "a", "a\nb"], []),
    ("***", ["", "a", "a\nb"], []),
    ("a*", ["a", "ab", "a/b/c", "a\n", "a\nb", "a*"], ["", "ba", "A"]),
    ("*a", ["a", "ba", "/a", "\na"], ["", "ab", "a\n"]),
    ("a*c", ["ac", "abc", "a\nc", "a/c", "acc", "acbc"], ["a", "ab", "acb", "cac"]),
    ("a**c", ["ac", "abc"], ["a", "acb"]),
    ("*a*b*", ["ab", "xaybz", "aab", "a\nb"], ["ba", "a", "b"]),
    ("user:*:name", ["user::name", "user:1:name", "user:1:2:name"], ["user:name", "user:1:names"]),
    # `?` is one byte
    ("?", ["a", "\n", "/", "?"], ["", "ab", "é"]),
    ("??", ["ab", "é", "\r\n"], ["a", "abc", "€"]),
    ("???", ["abc", "€", "éa"], ["é", "éé"]),
    ("????", ["abcd", "\U0001f600", "éé"], ["€"]),
    ("h?llo", ["hello", "h\nllo", "h?llo"], ["hllo", "héllo", "heello"]),
    ("?*", ["a", "ab", "é"], [""]),
    # No braces
    ("{a,b}", ["{a,b}"], ["a", "b", "a,b"]),
    ("a|b", ["a|b"], ["a", "b"]),
    (".+", [".+"], ["a", "aa"]),
    ("(a)$^", ["(a)$^"], ["a"]),
    # Classes
    ("[abc]", ["a", "b", "c"], ["", "d", "ab", "A", "[abc]"]),
    ("[a-c]", ["a", "b", "c"], ["d", "B", "-"]),
    ("[a-c0-9]x", ["ax", "5x"], ["x", "dx", "-x"]),
    ("h[ae]llo", ["hello", "hallo"], ["hillo", "hllo", "haello"]),
    ("[a-c-e]", ["a", "b", "c", "-", "e"], ["d"]),
    ("[-a]", ["-", "a"], ["b", "0"]),
    ("[a-a]", ["a"], ["b", "-"]),
    ("[.]", ["."], ["a"]),
    ("[*]", ["*"], ["a", ""]),
    ("[?]", ["?"], ["a"]),
    ("[[]", ["["], ["a", "]"]),
    ("[[a]", ["[", "a"], ["]"]),
    ("[\n]", ["\n"], ["n"]),
    ("[é]", [], ["é", "e"]),
    ("[é][é]", ["é"], ["e", "ee"]),
    # `!` negates nothing, `^` does
    ("[!a]", ["!", "a"], ["b", ""]),
    ("[^a]", ["b", "!", "^", "\n", "A"], ["a", "", "bb", "é"]),
    ("[^a-c]", ["d", "-", "^"], ["a", "b", "c"]),
    ("[^^]", ["a"], ["^"]),
    ("[a^]", ["a", "^"], ["b"]),
    ("h[^e]llo", ["hallo", "h\nllo"], ["hello", "hllo"]),
    ("[^a]*", ["b", "bc", "é"], ["", "a", "ab"]),
    # Keys that are not UTF-8 match by their bytes, too
    ("*", ["\udcff", "a\udce9"], []),
    ("?", ["\udcff"], ["\udcff\udcff", "\udcffa"]),
    ("a?", ["a\udce9"], ["\udce9", "aé"]),
    ("\udcff*", ["\udcff", "\udcffa", "\udcff\udcfe"], ["\udcfe", "a\udcff"]),
    ("[\udcff\udcfe]", ["\udcff", "\udcfe"], ["\udcfd", "\udcff\udcfe"]),
    ("[^a]", ["\udcff"], ["a"]),
    # A range swaps its ends
    ("[c-a]", ["a", "b", "c"], ["d", "-"]),
    ("[^c-a]", ["d", "-"], ["a", "b", "c"]),
    ("[9-0]", ["0", "5", "9"], ["-", ":"]),
    # `]` always closes
    ("[]", [], ["", "]", "[]", "a"]),
    ("[]a]", [], ["]", "a", "]a]", "a]", "[]a]"]),
    ("[^]", ["a", "]", "^", "\n"], ["", "ab"]),
    ("[^]a", ["aa", "]a"], ["a", "]"]),
    ("]", ["]"], ["a"]),
    ("a]", ["a]"], ["a"]),
    ("[a]]", ["a]"], ["a", "]"]),
    # An unclosed class acts as closed
    ("[abc", ["a", "b", "c"], ["", "[abc", "d", "abc"]),
    ("[a-c", ["a", "b", "c"], ["d", "-"]),
    ("[", [], ["", "[", "a"]),
    ("[^", ["a", "^", "]", "["], ["", "ab"]),
    ("[^a", ["b", "^"], ["a"]),
    ("x[", [], ["x", "x["]),
    ("[a-", ["a", "-"], ["b", "]"]),
    ("*[", [], ["", "a", "["]),
    # A range eats the `]`
    ("[a-]", ["a", "]", "^", "_", "`"], ["-", "b", "\\", "Z"]),
    ("[a-]b", ["a", "b", "]"], ["ab", "-b", "-"]),
    ("[a-]]", ["a", "]", "`"], ["a]", "-"]),
    # A backslash escapes, inside a class and outside
    ("\\*", ["*"], ["", "a", "\\", "\\*"]),
    ("\\?", ["?"], ["a", "\\?"]),
    ("\\[a]", ["[a]"], ["a"]),
    ("\\a", ["a"], ["\\a"]),
    ("\\\\", ["\\"], ["\\\\"]),
    ("a\\*c", ["a*c"], ["abc", "ac"]),
    ("[\\]]", ["]"], ["\\", "\\]"]),
    ("[\\]a]", ["]", "a"], ["\\"]),
    ("[a\\-c]", ["a", "-", "c"], ["b", "\\"]),
    ("[\\^a]", ["^", "a"], ["b", "\\"]),
    ("[^\\]]", ["a", "\\"], ["]"]),
    ("[\\\\]", ["\\"], ["a"]),
    # A trailing backslash is literal
    ("a\\", ["a\\"], ["a", "a\\\\"]),
    ("\\", ["\\"], ["", "a"]),
    ("[\\", ["\\"], ["[", "", "[\\"]),
    ("[a\\", ["a", "\\"], ["[", "a\\"]),
]


FINDERS: dict[str, Callable[[Cache, str], list[str]]] = {
    "keys": lambda cache, pattern: cache.keys(pattern),
    "scan": whole_scan,
    "scan_iter": lambda cache, pattern: list(cache.scan_iter(pattern)),
}

finders = pytest.mark.parametrize("find", FINDERS.values(), ids=FINDERS.keys())


PREFIXES: list[tuple[str, str]] = [
    ("a[1]*:", "a1x:"),
    ("a[1]*:", "a1:"),
    ("?:", "x:"),
    ("*", "x"),
    ("*:", "x:"),
    ("[a-c]:", "b:"),
    ("[^a]:", "b:"),
    ("a\\:", "a:"),
    ("a\\*:", "a*:"),
    ("[", "a"),
    ("é?:", "éa:"),
]
"""A prefix, and one of a stranger that it would match as a pattern."""

each_prefix = pytest.mark.parametrize(("prefix", "stranger"), PREFIXES)


class PatternContract(Contract):
    """Which keys a pattern finds: Redis' globs, bytewise on UTF-8."""

    @finders
    def test_a_pattern_finds_its_keys_and_no_others(
        self, provider: Cache, find: Callable[[Cache, str], list[str]]
    ) -> None:
        """A glob means what it means to Redis."""
        for pattern, matching, other in GLOBS:
            with about(pattern):
                provider.flush_all()
                provider.mset(dict.fromkeys([*matching, *other], 1))
                assert sorted(find(provider, pattern)) == sorted(matching)

    def test_a_pattern_deletes_its_keys_and_no_others(self, provider: Cache) -> None:
        """`delete_pattern` removes what `keys` finds."""
        for pattern, matching, other in GLOBS:
            with about(pattern):
                provider.flush_all()
                provider.mset(dict.fromkeys([*matching, *other], 1))
                provider.delete_pattern(pattern)
                assert sorted(provider.keys()) == sorted(other)

    @needs(Capability.EXACT_PREFIX)
    @pytest.mark.parametrize("pattern", ["*", "**", "***"])
    def test_stars_find_every_key_behind_an_empty_prefix(self, harness: Harness, pattern: str) -> None:
        """A pattern made only of stars finds the empty key too, whatever the prefix."""
        cache = harness.connect(Terms(""))
        cache.mset({"": 1, "a": 2})
        assert sorted(cache.keys(pattern)) == ["", "a"]

    @needs(Capability.EXACT_PREFIX)
    def test_an_empty_pattern_finds_only_the_empty_key_behind_an_empty_prefix(self, harness: Harness) -> None:
        """The empty pattern is a literal, whatever the prefix."""
        cache = harness.connect(Terms(""))
        cache.mset({"": 1, "a": 2})
        assert cache.keys("") == [""]

    def test_stars_in_a_row_take_no_time(self, provider: Cache) -> None:
        """Matching many stars against a long key ends: it does not try every way to split the key."""
        provider.set("a" * 5_000, 1)
        assert provider.keys("a*" * 40 + "b") == []

    @each_prefix
    @finders
    def test_a_prefix_finds_its_own_keys_only(
        self, harness: Harness, find: Callable[[Cache, str], list[str]], prefix: str, stranger: str
    ) -> None:
        """Keys that the prefix would match as a pattern are not found, and lose no letter."""
        cache = harness.connect(Terms(prefix))
        cache.set("mine", 1)
        harness.connect(Terms(stranger)).set("theirs", 1)
        assert find(cache, "*") == ["mine"]

    @each_prefix
    def test_a_prefix_deletes_its_own_keys_only(self, harness: Harness, prefix: str, stranger: str) -> None:
        """`delete_pattern` spares keys that the prefix would match as a pattern."""
        theirs = harness.connect(Terms(stranger))
        theirs.set("key", 1)
        harness.connect(Terms(prefix)).delete_pattern("*")
        assert theirs.exists("key")

    @each_prefix
    def test_a_pattern_counts_from_behind_the_prefix(
        self, harness: Harness, prefix: str, stranger: str
    ) -> None:
        """What is matched is the key, without its prefix."""
        del stranger
        cache = harness.connect(Terms(prefix))
        cache.mset({"ab": 1, "b": 2})
        assert cache.keys("[a]?") == ["ab"]

    # Answers

    def test_count_keys_counts_what_matches(self, provider: Cache) -> None:
        """`count_keys` is the number of keys that `keys` finds."""
        provider.mset({"a:1": 1, "a:2": 2, "b:1": 3})
        assert provider.count_keys("a:*") == 2

    def test_count_keys_counts_every_key_by_default(self, provider: Cache) -> None:
        """Without a pattern all keys count."""
        provider.mset({"a": 1, "b": 2})
        assert provider.count_keys() == 2

    def test_delete_pattern_counts_what_went(self, provider: Cache) -> None:
        """`delete_pattern` returns how many live keys it removed."""
        provider.mset({"a:1": 1, "a:2": 2, "b:1": 3})
        assert provider.delete_pattern("a:*") == 2

    def test_delete_pattern_of_many_keys_leaves_none(self, provider: Cache) -> None:
        """However many keys match, all of them go."""
        provider.mset({f"a:{number}": number for number in range(1_000)})
        assert (provider.delete_pattern("a:*"), provider.count_keys()) == (1_000, 0)

    def test_delete_pattern_that_matches_nothing_counts_nothing(self, provider: Cache) -> None:
        """Nothing found, nothing removed."""
        provider.set("a", 1)
        assert provider.delete_pattern("b*") == 0

    def test_keys_of_an_empty_store_is_empty(self, provider: Cache) -> None:
        """No keys, an empty list."""
        assert provider.keys() == []

    def test_keys_is_a_snapshot(self, provider: Cache) -> None:
        """What changes later does not change the answer."""
        provider.mset({"a": 1, "b": 2})
        found = provider.keys()
        provider.delete("a")
        provider.set("c", 3)
        assert sorted(found) == ["a", "b"]

"""Patterns match as Redis matches them: bytewise, case-sensitive, by its own rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cache_provider.glob import Glob, compile_glob, escape

EVERY_BYTE = [chr(number) for number in range(128)]

# Pattern, keys that match, keys that do not.
RULES: dict[str, tuple[str, list[str], list[str]]] = {
    "plain text is itself": ("abc", ["abc"], ["", "ab", "abcd", "xabc", "ABC", "abc\n"]),
    "letters keep their case": ("aB", ["aB"], ["ab", "AB", "Ab"]),
    "the empty pattern is the empty key": ("", [""], ["a", " ", "\n", "*"]),
    "dots and the like are plain": ("a.b+(c)|$^", ["a.b+(c)|$^"], ["axb+(c)|$^", "a.b"]),
    "braces are plain": ("{a,b}", ["{a,b}"], ["a", "b", "{a}"]),
    "a NUL is plain": ("a\0b", ["a\0b"], ["a", "ab"]),
    # The star
    "a star is any run": ("a*", ["a", "ab", "a*", "a" * 100], ["", "ba"]),
    "a star takes newlines and slashes": ("a*b", ["ab", "a\nb", "a/b/b", "a\r\n/b"], ["a", "ab\n"]),
    "a star takes what is not ASCII": ("*", ["\u00e9", "\u20ac", "\U0001f600"], []),
    "a star in front": ("*b", ["b", "ab", "bb", "abab"], ["", "ba"]),
    "a star on both sides": ("*b*", ["b", "abc", "bb"], ["", "a"]),
    "stars in a row are one": ("a**b***", ["ab", "axb", "abx"], ["a", "b"]),
    "two stars": ("a*b*c", ["abc", "abbc", "axbxc", "abcbc"], ["acb", "ab", "abcx"]),
    "a star goes back no more than needed": ("*ab*ab", ["abab", "aabab", "ababab"], ["ab", "aba", "abb"]),
    "only stars match every key": ("***", ["", "a", "\n", "\u00e9"], []),
    "one star matches every key": ("*", ["", "a", "\n"], []),
    # The question mark
    "a question mark is one byte": ("a?c", ["abc", "a\nc", "a?c", "a/c"], ["ac", "abbc", "a\u00e9c"]),
    "two bytes need two question marks": ("??", ["ab", "\u00e9"], ["", "a", "abc", "\u20ac"]),
    "three bytes need three": ("???", ["abc", "\u20ac", "a\u00e9"], ["\u00e9", "\U0001f600"]),
    "a question mark is not nothing": ("?", ["a", "\n", "?"], ["", "ab"]),
    "a star and a question mark": ("*?", ["a", "ab"], [""]),
    "a question mark and a star": ("?*", ["a", "ab"], [""]),
    # Classes
    "a class is one of its bytes": ("[abc]", ["a", "b", "c"], ["", "d", "ab", "[abc]"]),
    "a class in the middle": ("x[ab]y", ["xay", "xby"], ["xy", "xaby", "xcy"]),
    "a caret negates": ("[^a]", ["b", "^", "\n", "]"], ["", "a", "bb"]),
    "a caret negates all that follow": ("[^abc]", ["d", "^"], ["a", "b", "c"]),
    "a caret behind is itself": ("[a^]", ["a", "^"], ["b"]),
    "an exclamation mark negates nothing": ("[!a]", ["!", "a"], ["b", "^"]),
    "stars and question marks in a class": ("[*?]", ["*", "?"], ["a", "", "**"]),
    "an opening bracket in a class": ("[[]", ["["], ["]", "a"]),
    "a range": ("[a-c]", ["a", "b", "c"], ["d", "-", "`", "B"]),
    "a range swaps its ends": ("[c-a]", ["a", "b", "c"], ["d", "-"]),
    "a range of one": ("[a-a]", ["a"], ["b", "-"]),
    "two ranges": ("[a-cx-z]", ["b", "y"], ["d", "w", "-"]),
    "a range and more": ("[a-c_]", ["a", "c", "_"], ["-", "d"]),
    "a negated range": ("[^a-c]", ["d", "-", "^"], ["a", "b", "c"]),
    "a dash in front is itself": ("[-a]", ["-", "a"], ["b"]),
    "a dash alone is itself": ("[-]", ["-"], ["a", "]"]),
    "a dash behind a range is a byte": ("[a-c-]", ["b", "-"], ["d", "]"]),
    "a range from a dash": ("[--/]", ["-", ".", "/"], ["0", ","]),
    "a range across a caret": ("[Z-a]", ["Z", "[", "^", "`", "a"], ["Y", "b", "-"]),
    "a class takes a newline": ("[\n]", ["\n"], ["n", "\\"]),
    "letters of a class keep their case": ("[a-c]", ["b"], ["B"]),
    "two classes": ("[ab][cd]", ["ac", "bd"], ["ab", "a", "acd"]),
    # The closing bracket
    "an empty class never matches": ("[]", [], ["", "[", "]", "[]", "a"]),
    "a bracket always closes": ("[]a]", [], ["]", "a", "]a]", "a]", "[]a]"]),
    "a negated empty class is any byte": ("[^]", ["a", "^", "]", "\n"], ["", "ab"]),
    "a negated empty class and more": ("[^]a]", ["xa]", "]a]"], ["x", "a", "]"]),
    "a closing bracket outside is itself": ("a]", ["a]"], ["a", "]"]),
    "a class is closed by the first bracket": ("[a]]", ["a]"], ["a", "]", "]]"]),
    # What is not closed
    "an unclosed class acts as closed": ("[abc", ["a", "b", "c"], ["", "d", "[abc", "ab"]),
    "an unclosed class behind text": ("x[ab", ["xa", "xb"], ["x", "xc", "x[ab"]),
    "an unclosed range acts as closed": ("[a-c", ["a", "b", "c"], ["-", "d"]),
    "an unclosed negated class acts as closed": ("[^ab", ["c", "^"], ["a", "b", ""]),
    "an opening bracket alone never matches": ("[", [], ["", "[", "a"]),
    "an opening bracket behind text never matches": ("a[", [], ["a", "a[", "ab"]),
    "a bracket and a caret are any byte": ("[^", ["a", "^", "["], ["", "[^"]),
    "a range eats the bracket": ("[a-]", ["]", "^", "_", "`", "a"], ["-", "b", "\\", "a]", "[a-]"]),
    "a range eats the bracket and goes on": ("[a-]c", ["a", "_", "c"], ["ac", "-", "b"]),
    "an unclosed class ends in a dash": ("[a-", ["a", "-"], ["]", "b"]),
    # Escapes
    "an escaped star": ("a\\*", ["a*"], ["a", "ab", "a\\*"]),
    "an escaped question mark": ("a\\?", ["a?"], ["ab", "a\\?"]),
    "an escaped bracket": ("\\[ab]", ["[ab]"], ["a", "b", "\\a"]),
    "an escaped escape": ("a\\\\b", ["a\\b"], ["ab", "a\\\\b"]),
    "an escaped letter is the letter": ("\\a\\n\\d", ["and"], ["\\a\\n\\d", "a\n1"]),
    "an escape at the end is itself": ("a\\", ["a\\"], ["a", "a\\\\"]),
    "an escape alone is itself": ("\\", ["\\"], ["", "a"]),
    "an escaped bracket in a class": ("[\\]]", ["]"], ["\\", "\\]", "[\\]]"]),
    "an escaped dash in a class": ("[a\\-z]", ["a", "-", "z"], ["b", "\\"]),
    "an escaped caret in a class": ("[\\^a]", ["^", "a"], ["b", "\\"]),
    "an escaped escape in a class": ("[\\\\]", ["\\"], ["a", "]"]),
    "an escaped letter in a class": ("[\\n]", ["n"], ["\n", "\\"]),
    "an escaped byte begins no range": ("[\\a-c]", ["a", "-", "c"], ["b", "\\"]),
    "an escape ends a range as itself": ("[Z-\\]", ["Z", "[", "\\"], ["]", "a"]),
    "an escape at the end of a class is itself": ("[a\\", ["a", "\\"], ["]", "b"]),
    # Not ASCII
    "text that is not ASCII is itself": ("caf\u00e9", ["caf\u00e9"], ["cafe\u0301", "caf\u00e8", "cafe"]),
    "a class has bytes": ("[\u00e9][\u00e9]", ["\u00e9"], ["\u00e8", "ab"]),
    "one byte of two is no match": ("[\u00e9]", [], ["\u00e9", "e", "\u00c3"]),
    "a negated class is one byte": ("[^a][^a]", ["\u00e9", "bc"], ["ab", "b"]),
    "an escape before text that is not ASCII": ("\\\u00e9", ["\u00e9"], ["\\\u00e9", "e"]),
}
MATCHING = [(name, key) for name, (_, matching, _) in RULES.items() for key in matching]
OTHERS = [(name, key) for name, (_, _, others) in RULES.items() for key in others]

SLOW = {
    "a star before each letter": ("a*" * 30 + "b", "a" * 5000),
    "a question mark between the stars": ("*a?" * 20 + "b", "a" * 5000),
    "classes between the stars": ("*[ab]*[^c]" * 20 + "c", "ab" * 2500),
    "a thousand stars": ("*" * 1000 + "b", "a" * 5000),
}

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
SPECIAL_TEXT = st.text("ab*?[]^-!\\{},\n\u00e9")


@pytest.mark.parametrize(("name", "key"), MATCHING, ids=repr)
def test_a_key_that_the_rule_covers_matches(name: str, key: str) -> None:
    """Section 5 of the contract, from its positive side."""
    assert Glob(RULES[name][0]).matches(key)


@pytest.mark.parametrize(("name", "key"), OTHERS, ids=repr)
def test_a_key_that_the_rule_does_not_cover_does_not_match(name: str, key: str) -> None:
    """Section 5 of the contract, from its negative side."""
    assert not Glob(RULES[name][0]).matches(key)


@pytest.mark.parametrize("pattern", ["[^]", "[^", "?"])
def test_any_byte_is_any_byte(pattern: str) -> None:
    """Control characters, brackets and the newline too."""
    assert Glob(pattern).select(EVERY_BYTE) == EVERY_BYTE


@given(ANY_TEXT | SPECIAL_TEXT)
def test_an_escaped_text_matches_the_text(text: str) -> None:
    """Whatever characters it has."""
    assert Glob(escape(text)).matches(text)


@given(SPECIAL_TEXT, SPECIAL_TEXT)
def test_an_escaped_text_matches_no_other(text: str, other: str) -> None:
    """A prefix made a pattern sees nobody else's keys."""
    assert Glob(escape(text)).matches(other) is (text == other)


@given(SPECIAL_TEXT, SPECIAL_TEXT)
def test_an_escaped_text_and_a_star_are_a_prefix(text: str, key: str) -> None:
    """As an adapter asks for the keys under its own."""
    assert Glob(escape(text) + "*").matches(key) is key.startswith(text)


@given(SPECIAL_TEXT, SPECIAL_TEXT)
def test_every_text_is_a_pattern(pattern: str, key: str) -> None:
    """None is refused: an expression is always found, and answers."""
    assert isinstance(Glob(pattern).matches(key), bool)


@given(SPECIAL_TEXT, SPECIAL_TEXT, SPECIAL_TEXT)
def test_an_escaped_prefix_changes_no_match(prefix: str, pattern: str, key: str) -> None:
    """Behind a prefix a pattern selects what it selects without, but for the empty key."""
    behind = Glob(escape(prefix) + pattern).matches(prefix + "x" + key)
    assert behind is Glob(pattern).matches("x" + key)


@given(st.lists(ANY_TEXT), SPECIAL_TEXT)
def test_select_keeps_what_matches(keys: list[str], pattern: str) -> None:
    """In the order of the keys, duplicates included."""
    glob = Glob(pattern)
    assert glob.select(keys) == [key for key in keys if glob.matches(key)]


@pytest.mark.parametrize("name", SLOW)
def test_many_stars_take_no_exponential_time(name: str) -> None:
    """These patterns would keep a backtracking matcher busy for years: that the answer comes is the claim."""
    pattern, key = SLOW[name]
    assert not Glob(pattern).matches(key)


def test_a_compiled_pattern_is_kept() -> None:
    """Who asks for the same keys again and again compiles once."""
    assert compile_glob("a[b-d]*") is compile_glob("a[b-d]*")

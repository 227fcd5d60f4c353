"""Random commands, mostly valid, from one line for each form that a command has."""

from random import Random

KEYS = [b"a", b"b", b"c", b"d", b"e", b"\xff\xfe", b"{a}1", b""]
MEMBERS = [b"x", b"y", b"z", b"1", b"2", b"-7", b"", b"\xc3\xa9", b"\xff", b"x" * 70, b"3.5", b"abc"]
VALUES = [
    *MEMBERS,
    b"10",
    b"0",
    b"9223372036854775807",
    b"-9223372036854775808",
    b" 5",
    b"05",
    b"1e3",
    b"hello world",
    b"foobar",
]
INTEGERS = [b"0", b"1", b"2", b"3", b"-1", b"-2", b"5", b"10", b"100", b"-100"]
ODD_INTEGERS = [
    b"x",
    b"",
    b"1.5",
    b"9223372036854775807",
    b"-9223372036854775808",
    b"9223372036854775808",
    b" 1",
    b"+1",
]
FLOATS = [b"0", b"1", b"-1", b"1.5", b"0.1", b"3.0e2", b"-2.25", b"10", b"inf", b"-inf"]
ODD_FLOATS = [
    b"nan",
    b"x",
    b"",
    b"1e400",
    b" 1",
    b"0x10",
    b"1_0",
    b"infinity",
    b"1e-400",
    b"5.",
    b".5",
]
# None is negative: whether a zero has a sign depends on how Redis lays out the set in memory.
WEIGHTS = [b"0", b"1", b"1.5", b"0.1", b"10", b"inf", b"x"]
SCORES = [*FLOATS, b"(1", b"(0", b"(-1", b"+inf", b"-inf", b"(inf"]
LEX = [b"-", b"+", b"[x", b"(x", b"[", b"[a", b"(z", b"[\xff", b"x"]
SECONDS = [b"1", b"2", b"10", b"100", b"0", b"-1"]
PATTERNS = [b"*", b"a*", b"?", b"[a-c]", b"\\a", b"*1*", b"\xff*", b"h[^x]"]
PLACES = [b"0", b"1", b"7", b"8", b"9", b"33", b"100", b"-1", b"4294967296", b"x"]
TYPES = [b"u8", b"i8", b"u1", b"i64", b"u63", b"i5", b"u64", b"i0", b"x"]

POOLS = {
    "k": KEYS,
    "v": VALUES,
    "m": MEMBERS,
    "i": INTEGERS,
    "f": FLOATS,
    "s": SCORES,
    "w": WEIGHTS,
    "l": LEX,
    "t": SECONDS,
    "p": PATTERNS,
    "o": PLACES,
    "y": TYPES,
}

ODD = {"i": ODD_INTEGERS, "f": ODD_FLOATS, "t": ODD_INTEGERS, "s": ODD_FLOATS}

# A word in small letters is drawn from its pool, `word*` several times, `(a|b)` is one of them, `[…]` may be
# left out. All else is sent as it stands.
FORMS = """
GET k
SET k v
SET k v [(NX|XX)] [GET] [(EX t|PX t|KEEPTTL|EXAT t|PXAT t)]
SETNX k v
SETEX k t v
PSETEX k t v
GETSET k v
GETDEL k
GETEX k [(EX t|PX t|PERSIST|EXAT t|PXAT t)]
STRLEN k
APPEND k v
SETRANGE k o v
GETRANGE k i i
SUBSTR k i i
MGET k*
MSET k v [k v] [k v]
MSETNX k v [k v]
INCR k
DECR k
INCRBY k i
DECRBY k i
INCRBYFLOAT k f
LCS k k [(LEN|IDX|IDX WITHMATCHLEN|IDX MINMATCHLEN i)]
DEL k*
UNLINK k*
EXISTS k*
TOUCH k*
TYPE k
EXPIRE k t [(NX|XX|GT|LT)] [(NX|XX|GT|LT)]
PEXPIRE k t [(NX|XX|GT|LT)]
EXPIREAT k t
PEXPIREAT k t
TTL k
PTTL k
EXPIRETIME k
PEXPIRETIME k
PERSIST k
KEYS p
RANDOMKEY
SCAN 0 COUNT 1000 [MATCH p] [TYPE (string|list|hash|set|zset)]
RENAME k k
RENAMENX k k
MOVE k (1|0|x|99)
COPY k k [DB (0|1)] [REPLACE]
OBJECT FREQ k
DBSIZE
HSET k m v [m v] [m v]
HMSET k m v [m v]
HSETNX k m v
HGET k m
HMGET k m*
HGETALL k
HKEYS k
HVALS k
HLEN k
HEXISTS k m
HSTRLEN k m
HDEL k m*
HINCRBY k m i
HINCRBYFLOAT k m f
HRANDFIELD k [i] [WITHVALUES]
HSCAN k 0 [MATCH p] [COUNT i]
LPUSH k v*
RPUSH k v*
LPUSHX k v*
RPUSHX k v*
LPOP k [i]
RPOP k [i]
LLEN k
LRANGE k i i
LINDEX k i
LSET k i v
LTRIM k i i
LINSERT k (BEFORE|AFTER|x) v v
LREM k i v
LPOS k v [RANK i] [COUNT i] [MAXLEN i]
LMOVE k k (LEFT|RIGHT|x) (LEFT|RIGHT)
RPOPLPUSH k k
LMPOP (1|2|0|x) k k (LEFT|RIGHT) [COUNT i]
LMPOP 1 k (LEFT|RIGHT) [COUNT i]
SADD k m*
SREM k m*
SMOVE k k m
SISMEMBER k m
SMISMEMBER k m*
SCARD k
SMEMBERS k
SPOP k [i]
SRANDMEMBER k [i]
SSCAN k 0 [MATCH p]
SINTER k*
SUNION k*
SDIFF k*
SINTERSTORE k k*
SUNIONSTORE k k*
SDIFFSTORE k k*
SINTERCARD (1|2) k k [LIMIT i]
SINTERCARD 1 k [LIMIT i]
ZADD k f m [f m] [f m]
ZADD k [(NX|XX)] [(GT|LT)] [CH] [INCR] f m
ZADD k 0 m 0 m 0 m
ZINCRBY k f m
ZREM k m*
ZCARD k
ZSCORE k m
ZMSCORE k m*
ZRANK k m
ZREVRANK k m
ZPOPMIN k [i]
ZPOPMAX k [i]
ZMPOP 1 k (MIN|MAX) [COUNT i]
ZRANDMEMBER k [i] [WITHSCORES]
ZSCAN k 0 [MATCH p]
ZRANGE k i i [REV] [WITHSCORES]
ZRANGE k s s BYSCORE [REV] [LIMIT i i] [WITHSCORES]
ZRANGE k l l BYLEX [REV] [LIMIT i i]
ZREVRANGE k i i [WITHSCORES]
ZRANGEBYSCORE k s s [WITHSCORES] [LIMIT i i]
ZREVRANGEBYSCORE k s s [WITHSCORES] [LIMIT i i]
ZRANGEBYLEX k l l [LIMIT i i]
ZREVRANGEBYLEX k l l [LIMIT i i]
ZRANGESTORE k k i i [REV]
ZRANGESTORE k k s s BYSCORE [LIMIT i i]
ZCOUNT k s s
ZLEXCOUNT k l l
ZREMRANGEBYRANK k i i
ZREMRANGEBYSCORE k s s
ZREMRANGEBYLEX k l l
ZUNION (1|2) k k [WEIGHTS w w] [AGGREGATE (SUM|MIN|MAX)] [WITHSCORES]
ZINTER 2 k k [WEIGHTS w w] [AGGREGATE (SUM|MIN|MAX)] [WITHSCORES]
ZDIFF 2 k k [WITHSCORES]
ZUNIONSTORE k 2 k k [WEIGHTS w w] [AGGREGATE (SUM|MIN|MAX)]
ZINTERSTORE k 2 k k [WEIGHTS w w] [AGGREGATE (SUM|MIN|MAX)]
ZDIFFSTORE k 2 k k
ZINTERCARD 2 k k [LIMIT i]
SETBIT k o (0|1|2)
GETBIT k o
BITCOUNT k [i i] [(BYTE|BIT)]
BITPOS k (0|1|2) [i] [i] [(BYTE|BIT)]
BITOP (AND|OR|XOR|NOT) k k [k]
BITFIELD k GET y o [SET y o i] [OVERFLOW (WRAP|SAT|FAIL|x)] [INCRBY y #1 i]
BITFIELD_RO k GET y o
SORT k [LIMIT i i] [GET (#|a*|b*->x)] [(ASC|DESC)] [ALPHA] [STORE k]
SORT k BY (q*|a*->x) [LIMIT i i] [GET (#|a*|b*->x)] [(ASC|DESC)] [STORE k]
SORT k BY (nosort|q*|a*->x) [GET (#|a*|b*->x)] [(ASC|DESC)] [ALPHA]
SORT k BY nosort [(ASC|DESC)] [STORE k]
SORT_RO k [ALPHA]
ECHO v
PING [v]
SELECT (0|1|0|0)
MULTI
EXEC
EXEC
DISCARD
WATCH k*
UNWATCH
SUBSCRIBE c
PUBLISH c v
PUBSUB CHANNELS
PUBSUB NUMSUB c
PUBSUB NUMPAT
SWAPDB 0 1
FLUSHDB
BLPOP k* t
BRPOP k* t
BLMOVE k k (LEFT|RIGHT) (LEFT|RIGHT) t
BRPOPLPUSH k k t
BLMPOP t 1 k (LEFT|RIGHT) [COUNT i]
BZPOPMIN k* t
BZPOPMAX k* t
BZMPOP t 1 k (MIN|MAX) [COUNT i]
NOSUCH k v
CLIENT GETNAME
CLIENT NOSUCH
CONFIG GET maxmemory-policy
COMMAND GETKEYS MSET k v k v
""".strip().splitlines()


_STARTS = ["GET k", "DEL k*", "HSET k", "LPUSH k", "SADD k", "ZADD k f", "SETBIT k", "ECHO", "BLPOP"]
_PLACES = [next(place for place, form in enumerate(FORMS) if form.startswith(start)) for start in _STARTS]
FAMILIES = [FORMS[start:end] for start, end in zip(_PLACES, [*_PLACES[1:], len(FORMS)], strict=True)]
"""The forms by what they are about."""

LOOKS = ["PTTL k", "TYPE k", "GET k", "LRANGE k 0 -1", "HGETALL k", "SMEMBERS k", "ZRANGE k 0 -1 WITHSCORES"]
"""What shows that an earlier command did something else."""


class Grammar:
    """Draws commands: for some time mostly of one family and on few keys, so that they meet.

    Args:
        random: What it draws with.
    """

    def __init__(self, random: Random) -> None:
        self._random = random
        self._keys = random.sample(KEYS, 3)
        family = random.choice(FAMILIES)
        self._forms = [[_tokens(form) for form in forms] for forms in (family, FORMS, FAMILIES[1], LOOKS)]

    def command(self) -> list[bytes]:
        """Return one command; one in ten is spoilt."""
        forms = self._random.choices(self._forms, (5, 2, 1, 2))[0]
        words = [word for token in self._random.choice(forms) for word in self._expand(token)]
        if self._random.random() < 0.08:
            self._spoil(words)
        if self._random.random() < 0.05:
            words[0] = words[0].lower()
        return words

    def _expand(self, token: str) -> list[bytes]:
        random = self._random
        if token.startswith("["):
            return self._all(token[1:-1]) if random.random() < 0.4 else []
        if token.startswith("("):
            return self._all(random.choice(token[1:-1].split("|")))
        if token.endswith("*") and token[:-1] in POOLS:
            return [word for _ in range(random.randint(1, 3)) for word in self._expand(token[:-1])]
        if token in POOLS:
            odd = token in ODD and random.random() < 0.06
            usual = self._keys if token == "k" and random.random() < 0.95 else POOLS[token]
            return [random.choice(ODD[token] if odd else usual)]
        return [token.encode()]

    def _all(self, text: str) -> list[bytes]:
        return [word for token in _tokens(text) for word in self._expand(token)]

    def _spoil(self, words: list[bytes]) -> None:
        random = self._random
        place = random.randint(1, len(words))
        kind = random.randint(0, 2)
        if kind == 0 or place == len(words):
            words.insert(place, random.choice(VALUES))
        elif kind == 1:
            del words[place]
        else:
            words[place] = random.choice(VALUES + INTEGERS)


def _tokens(text: str) -> list[str]:
    """Split at blanks that stand in no bracket."""
    tokens, depth, current = list[str](), 0, ""
    for char in text:
        depth += (char in "[(") - (char in "])")
        if char == " " and not depth:
            tokens.append(current)
            current = ""
        else:
            current += char
    return [token for token in [*tokens, current] if token]

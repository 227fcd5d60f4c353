"""The Lua texts: steps that must happen at one moment on the server.

Numbers beyond 2**53 do not survive Lua, so results that may be as large are
returned as text.
"""

from dataclasses import dataclass, field
from hashlib import sha1


@dataclass(frozen=True, slots=True)
class Script:
    """A Lua text on one key.

    Attributes:
        text: The program; `KEYS[1]` is the key.
        needs: The type of key it works on: value, list or hash.
        sha: What a server that has seen the text knows it by (Redis `EVALSHA`).
    """

    text: str
    needs: str = "value"
    sha: str = field(init=False)

    def __post_init__(self) -> None:
        digest = sha1(self.text.encode(), usedforsecurity=False).hexdigest()
        object.__setattr__(self, "sha", digest)


# ARGV: amount, where a missing counter starts, its ttl in milliseconds or ''.
INCREMENT = Script("""
local created = redis.call('EXISTS', KEYS[1]) == 0
if created then redis.call('SET', KEYS[1], ARGV[2]) end
local result = redis.pcall('INCRBY', KEYS[1], ARGV[1])
if type(result) == 'table' and result.err then
  if created then redis.call('DEL', KEYS[1]) end
  return result
end
if created and ARGV[3] ~= '' then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return redis.call('GET', KEYS[1])
""")

# ARGV: the value seen, the new one, and how `SET` dates it: nothing, 'PX' and milliseconds, or 'KEEPTTL'.
REPLACE = Script("""
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], unpack(ARGV, 2))
return 1
""")

# ARGV: the value seen. A key of another type holds no such value.
REMOVE = Script("""
local found = redis.pcall('GET', KEYS[1])
if found ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
""")

# ARGV: value, how many stay, new ttl in milliseconds or '', ttl of a new list or ''.
PUSH = Script(
    """
local length = redis.call('RPUSH', KEYS[1], ARGV[1])
redis.call('LTRIM', KEYS[1], '-' .. ARGV[2], -1)
local ttl = ARGV[3]
if ttl == '' and length == 1 then ttl = ARGV[4] end
if ttl ~= '' then redis.call('PEXPIRE', KEYS[1], ttl) end
return length
""",
    needs="list",
)

# ARGV: field, value, ttl of a new hash in milliseconds.
SET_FIELD = Script(
    """
local created = redis.call('EXISTS', KEYS[1]) == 0
local is_new = redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
if created then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return is_new
""",
    needs="hash",
)

# ARGV: token, milliseconds, '1' to count them from now.
EXTEND = Script("""
local found = redis.pcall('GET', KEYS[1])
if found ~= ARGV[1] then return 0 end
local left = redis.call('PTTL', KEYS[1])
if left < 0 then return 0 end
if ARGV[3] == '1' then left = 0 end
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', left + ARGV[2]))
return 1
""")

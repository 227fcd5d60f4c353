"""The Lua texts: steps that must happen at one moment on the server.

Numbers beyond 2**53 do not survive Lua, so results that may be as large are
returned as text.
"""

from dataclasses import dataclass, field
from hashlib import sha1


@dataclass(frozen=True, slots=True)
class Script:
    """A Lua text on one key, or on one and what belongs to it.

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

# What the key holds. One of another type holds no such value, which is not an error; all others are, such
# as a missing right.
_FOUND = """
local found = redis.pcall('GET', KEYS[1])
if type(found) == 'table' and not string.find(found.err, 'WRONGTYPE', 1, true) then return found end"""

# ARGV: what may have been seen.
REMOVE = Script(
    _FOUND
    + """
for number = 1, #ARGV do
  if found == ARGV[number] then return redis.call('DEL', KEYS[1]) end
end
return 0
"""
)

# ARGV of every claim: a token, its lease in milliseconds, and another token of the same claimant, of
# which nobody knows whether it was stored, or ''. Answers nil for a success, else what is left of the
# lease: so it may be sent twice, and finds its own claim there.
CLAIM = Script(
    """
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return false end"""
    + _FOUND
    + """
if found == ARGV[1] or (ARGV[3] ~= '' and found == ARGV[3]) then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  return false
end
return redis.call('PTTL', KEYS[1])
"""
)

_OWN = """
local is_own = found == ARGV[1] or (ARGV[3] ~= '' and found == ARGV[3])"""

# The claim's number, of the lock's counter. A claim that is met again keeps its number: nobody else can
# have counted since.
_NUMBER = """
local fence = is_own and redis.call('GET', COUNTER)
if not fence then
  local counted = redis.pcall('INCR', COUNTER)
  if type(counted) == 'table' then return counted end
  fence = redis.call('GET', COUNTER)
end"""

_STORE = """
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
"""

# As `CLAIM`, with the lock's counter as KEYS[2]. Answers the claim's number as text for a success.
FENCED_CLAIM = Script(
    _FOUND
    + _OWN
    + """
if found and not is_own then return redis.call('PTTL', KEYS[1]) end"""
    + _NUMBER.replace("COUNTER", "KEYS[2]")
    + _STORE
    + "return fence\n"
)

# The line of those who wait for a lock. Besides the lock, KEYS are how many wait, the turn of a waiter
# that was woken and has not come yet, and the list that they block on: the first waiter pops what a release
# pushes there. All three have a ttl, so that a waiter that dies leaves nothing.

# ARGV[4] says where who claims stands: 'new', 'waiting', or 'woken'. Only who was woken has the turn; the
# others wait for as long as it lasts, or a loop of claims and releases would never let anybody in.
_IN_LINE = """
local left
if found and not is_own then
  left = redis.call('PTTL', KEYS[1])
  if ARGV[4] == 'woken' then redis.call('DEL', KEYS[3]) end
elseif not found and ARGV[4] ~= 'woken' then
  local turn = redis.call('PTTL', KEYS[3])
  if turn > 0 then left = turn end
end
if left then
  local waiting = tonumber(redis.call('GET', KEYS[2]) or '0')
  if ARGV[4] == 'new' then waiting = waiting + 1 end
  redis.call('SET', KEYS[2], waiting, 'PX', 5000)
  return left
end"""

# Nobody's turn outlives the waiter whose it was: the server's clock may stand still.
_LEAVE = """
  redis.call('DEL', KEYS[3])
  local waiting = tonumber(redis.call('GET', KEYS[2]) or '0') - 1
  if waiting > 0 then
    redis.call('SET', KEYS[2], waiting, 'PX', 5000)
  else
    redis.call('DEL', KEYS[2], KEYS[4])
  end"""

_LEAVE_TO_CLAIM = f"""
if ARGV[4] ~= 'new' then{_LEAVE}
end"""

# What most claims come to: nobody has the lock, and nobody the turn.
_AT_ONCE = """
if ARGV[4] == 'new' and redis.call('EXISTS', KEYS[3]) == 0
  and redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return false end"""

WAITING_CLAIM = Script(_AT_ONCE + _FOUND + _OWN + _IN_LINE + _LEAVE_TO_CLAIM + _STORE + "return false\n")

# With the lock's counter as KEYS[5].
FENCED_WAITING_CLAIM = Script(
    _FOUND
    + _OWN
    + _IN_LINE
    + _NUMBER.replace("COUNTER", "KEYS[5]")
    + _LEAVE_TO_CLAIM
    + _STORE
    + "return fence\n"
)

# One word is enough for one waiter, and nobody misses it who listens again within two seconds, as all do. A
# right that is missing keeps nobody from giving a lock back.
_WAKE = """
  redis.call('DEL', KEYS[4])
  if type(redis.pcall('RPUSH', KEYS[4], '')) == 'number' then
    if type(redis.pcall('PEXPIRE', KEYS[4], 3000)) == 'table' then redis.call('DEL', KEYS[4]) end
    redis.pcall('SET', KEYS[3], '', 'PX', 100)
  end"""

# ARGV: tokens, of which one may be stored.
RELEASE = Script(
    _FOUND
    + f"""
for number = 1, #ARGV do
  if found == ARGV[number] then
    redis.call('DEL', KEYS[1])
    if redis.call('GET', KEYS[2]) then{_WAKE}
    end
    return 1
  end
end
return 0
"""
)

# Of a waiter that gives up. It may have been woken, so that the next one has its turn.
LEAVE = Script(
    f"""
do{_LEAVE}
  if waiting > 0 and redis.call('EXISTS', KEYS[1]) == 0 then{_WAKE}
  end
end
return 0
"""
)

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

# ARGV: milliseconds, '1' to count them from now, tokens of which one may be stored.
EXTEND = Script(
    _FOUND
    + """
for number = 3, #ARGV do
  if found == ARGV[number] then
    local left = redis.call('PTTL', KEYS[1])
    if left < 0 then return 0 end
    if ARGV[2] == '1' then left = 0 end
    redis.call('PEXPIRE', KEYS[1], string.format('%.0f', left + ARGV[1]))
    return 1
  end
end
return 0
"""
)

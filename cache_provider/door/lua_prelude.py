"""What every script finds around it, in Lua: the sandbox, `redis`, and how an error names its line."""
# ruff: noqa: E501 - another language's lines

PRELUDE = rb"""
local host = ...
local debug, rawset, xpcall, type, select, tostring = debug, rawset, xpcall, type, select, tostring
local getmetatable, setmetatable, loadstring, setfenv, error, format = getmetatable, setmetatable, loadstring, setfenv, error, string.format
local protected = setmetatable({}, {__mode = 'k'})

local function readonly() error('Attempt to modify a readonly table', 2) end
local function guard(library)
  local shown = setmetatable({}, {__index = library, __newindex = readonly})
  protected[shown] = true
  return shown
end

local function failed(text) return {err = 'ERR ' .. text} end

local function invoke(...)
  local number = select('#', ...)
  if number == 0 then return failed('Please specify at least one argument for this redis lib call') end
  local words = {...}
  for place = 1, number do
    local kind = type(words[place])
    if kind == 'number' then
      words[place] = format('%.17g', words[place])
    elseif kind ~= 'string' then
      return failed('Lua redis lib command arguments must be strings or integers')
    end
  end
  return host.call(words, number)
end

local redis = {
  LOG_DEBUG = 0, LOG_VERBOSE = 1, LOG_NOTICE = 2, LOG_WARNING = 3,
  REPL_NONE = 0, REPL_AOF = 1, REPL_SLAVE = 2, REPL_REPLICA = 2, REPL_ALL = 3,
  REDIS_VERSION = '7.0.15', REDIS_VERSION_NUM = 0x0007000f,
  pcall = invoke,
}
function redis.call(...)
  local reply = invoke(...)
  if type(reply) == 'table' and reply.err then error(reply, 0) end
  return reply
end
function redis.error_reply(text)
  if type(text) ~= 'string' then return {err = 'ERR wrong number or type of arguments'} end
  if text:sub(1, 1) == '-' then return {err = text:sub(2)} end
  return {err = text:find(' ', 1, true) and text or 'ERR ' .. text}
end
function redis.status_reply(text)
  if type(text) ~= 'string' then return {err = 'ERR wrong number or type of arguments'} end
  return {ok = text}
end
function redis.sha1hex(...)
  if select('#', ...) ~= 1 then error({err = 'ERR wrong number of arguments'}, 0) end
  return host.sha1hex(tostring((...)))
end
function redis.log(level, ...)
  if select('#', ...) < 1 then error({err = 'ERR redis.log() requires two arguments or more.'}, 0) end
  if type(level) ~= 'number' then error({err = 'ERR First argument must be a number (log level).'}, 0) end
  if level < 0 or level > 3 then error({err = 'ERR Invalid debug level.'}, 0) end
end
function redis.setresp(protocol, ...)
  if protocol == nil or select('#', ...) > 0 then error({err = 'ERR redis.setresp() requires one argument.'}, 0) end
  if protocol ~= 2 and protocol ~= 3 then error({err = 'ERR RESP version must be 2 or 3.'}, 0) end
  host.setresp(protocol)
end
function redis.set_repl() end
function redis.replicate_commands() return true end
function redis.breakpoint() return false end
function redis.debug() end
function redis.acl_check_cmd(...)
  local reply = host.knows((...))
  if not reply then error({err = 'ERR Invalid command passed to redis.acl_check_cmd()'}, 0) end
  return true
end

local env = {
  _VERSION = _VERSION, assert = assert, collectgarbage = collectgarbage, error = error,
  ipairs = ipairs, loadstring = loadstring, load = load, next = next, pairs = pairs,
  rawequal = rawequal, rawget = rawget, select = select, tonumber = tonumber, tostring = tostring, type = type,
  unpack = unpack, xpcall = xpcall, newproxy = newproxy, gcinfo = gcinfo,
  coroutine = guard(coroutine), string = guard(string), table = guard(table), math = guard(math),
  redis = guard(redis),
}
for name, library in pairs(host.libraries()) do env[name] = guard(library) end
function env.rawset(where, name, value)
  if protected[where] then error('Attempt to modify a readonly table', 2) end
  return rawset(where, name, value)
end
function env.setmetatable(where, meta)
  if protected[where] then error('Attempt to modify a readonly table', 2) end
  return setmetatable(where, meta)
end
local text_meta = guard({__index = env.string})
function env.getmetatable(where)
  if type(where) == 'string' then return text_meta end
  local meta = getmetatable(where)
  if not protected[where] then return meta end
  return where == env._G and guard(meta) or nil
end
local function shown(done, story, ...)
  if not done and type(story) == 'table' and type(story.err) == 'string' then return false, story.err end
  return done, story, ...
end
function env.pcall(...) return shown(pcall(...)) end
function env.getfenv() return env end
function env.setfenv(f) return f end
function env.loadstring(text, name)
  if type(text) == 'string' and text:byte(1) == 27 then return nil, 'attempt to load chunk with wrong mode' end
  local f, story = loadstring(text, name)
  if f then setfenv(f, env) end
  return f, story
end
env.load = function(source, name)
  if type(source) == 'string' then return env.loadstring(source, name) end
  local pieces = {}
  for piece in source do pieces[#pieces + 1] = piece end
  return env.loadstring(table.concat(pieces), name)
end
local globals = setmetatable({}, {
  __index = function(_, name)
    local value = env[name]
    if value == nil then
      error("Script attempted to access nonexistent global variable '" .. tostring(name) .. "'", 2)
    end
    return value
  end,
  __newindex = readonly,
})
protected[globals] = true
env._G = globals

local function explain(story)
  debug.sethook()
  if type(story) ~= 'table' then story = {err = 'ERR ' .. tostring(story)} end
  for level = 2, 20 do
    local info = debug.getinfo(level, 'Sl')
    if not info then break end
    if info.source == '@user_script' then
      story.source, story.line = 'user_script', info.currentline
      break
    end
  end
  return story
end

local function compile(text)
  local f, story = loadstring(text, '@user_script')
  if f then setfenv(f, globals) end
  return f, story
end

local function kill() error({err = 'ERR Script killed by user with SCRIPT KILL...'}, 0) end

local function run(f, keys, arguments)
  env.KEYS, env.ARGV = keys, arguments
  debug.sethook(function()
    if host.is_over() then
      -- At each line from now on: a pcall of the script must not save it.
      debug.sethook(kill, 'l')
      kill()
    end
  end, '', 100000)
  local done, result = xpcall(f, explain)
  debug.sethook()
  return done, result
end

return compile, run
"""

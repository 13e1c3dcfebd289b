/*
 * Asks Lua: each line is a letter and a number. With `k` a function is called that was compiled when the program began;
 * with `n` the same text is compiled in a state of its own. Answers end with a line that has `=` alone.
 */
#include <stdio.h>
#include <string.h>
#include "asked.h"
#include "lauxlib.h"
#include "lualib.h"

static const char script[] =
  "local n = ...\n"
  "local function fib(k) if k < 2 then return k end return fib(k - 1) + fib(k - 2) end\n"
  "local Point = {} Point.__index = Point\n"
  "Point.__add = function(a, b) return setmetatable({x = a.x + b.x, y = a.y + b.y}, Point) end\n"
  "Point.__eq = function(a, b) return a.x == b.x and a.y == b.y end\n"
  "Point.__lt = function(a, b) return a.x < b.x end\n"
  "Point.__le = function(a, b) return a.x <= b.x end\n"
  "Point.__concat = function(a, b) return 'point' end\n"
  "Point.__len = function(a) return a.x end\n"
  "Point.__call = function(self, k) return self.x * k end\n"
  "Point.__close = function() print('closed') end\n"
  "local tests = {\n"
  "function() print(fib(12), fib(7)) end,\n"
  "function() local t = {} for i = 1, 40 do t[i] = (i * 7919) % 41 end table.sort(t) print(table.concat(t, ' ')) end,\n"
  "function() local a = setmetatable({x = 3, y = 4}, Point) local b = a + a print(b.x, b.y, a == b, a < b, a <= b, a .. b, #b, b(7)) end,\n"
  "function() print(7 // 2, -7 // 2, 7 % -3, -7 % 3, 7.5 // 2, 2 ^ 10, 10 / 4, 1 << 5, 256 >> 3, 6 & 3, 6 | 3, 6 ~ 3, ~5) end,\n"
  "function() print(pcall(function() return 1 + {} end)) print(pcall(function() local x; return x.y end)) print(pcall(error, 'thrown')) end,\n"
  "function() local co = coroutine.wrap(function(a) for i = 1, 3 do a = coroutine.yield(a + i) end return 'end' end) print(co(1), co(10), co(100), co(0)) end,\n"
  "function() local s = 0 for i = 10, 1, -3 do s = s * 10 + i end for x = 0.5, 2.5, 0.5 do s = s + x end print(s) end,\n"
  "function() print(('%5d|%-6s|%.3f|%x|%q'):format(42, 'ab', 3.14159, 255, 'a\\nb')) print(('hello world'):gsub('o', '0')) end,\n"
  "function() print(('key = value'):match('^(%w+)%s*=%s*(%w+)$')) print(('a,b,,c'):find(',', 1, true)) print(('abc'):rep(3, '-'), ('abc'):reverse(), ('AbC'):lower(), ('abc'):byte(1, -1)) end,\n"
  "function() local function sum(...) local s = 0 for _, v in ipairs({...}) do s = s + v end return s, select('#', ...) end print(sum(1, 2, 3), (sum(4, 5))) end,\n"
  "function() local t = {10, 20, 30, nil, 50} print(#'four', rawlen({1, 2}), next({}), type(next), t[5]) table.insert(t, 1, 5) print(table.remove(t), table.unpack(t, 1, 3)) end,\n"
  "function() for i = 1, 3 do for j = 1, 3 do if j == 2 then goto continue end io.write(i, ':', j, ' ') ::continue:: end end print() end,\n"
  "function() local fs = {} for i = 1, 3 do fs[i] = function() i = i + 1 return i end end print(fs[1](), fs[1](), fs[2](), fs[3]()) end,\n"
  "function() print(math.maxinteger + 1 == math.mininteger, 1 == 1.0, '10' + 5, '3' * '4', 10 .. 20, 2^53 == 2^53 + 1, math.type(3), math.type(3.0)) end,\n"
  "function() print(1 < 2, 'a' < 'b', 1 <= 1.5, not nil, nil == false, 5 // 0.0, -5 % math.huge, tostring(0/0) == tostring(0/0)) end,\n"
  "function() local x <close> = setmetatable({x = 1}, Point) local y <const> = 5 print(y + x.x) end,\n"
  "function() local t = {} for w in ('the quick brown fox jumps over the lazy dog'):gmatch('%a+') do t[#t + 1] = #w end print(table.concat(t, ',')) end,\n"
  "function() local s = {} for i = 1, 60 do s['k' .. i] = i end local sum = 0 for k, v in pairs(s) do sum = sum + v * #k end s.k7 = nil print(sum, s.k7, s.k8) end,\n"
  "function() local a, b, c = (function() return 1, 2, 3 end)() print(a, b, c, string.pack('<i4', 7):byte(1, -1)) print(utf8.char(228, 8364), utf8.len('\\u{e4}b')) end,\n"
  "}\n"
  "tests[n % #tests + 1]()\n";

static void call(lua_State *state, lua_Integer number)
{
  lua_pushinteger(state, number);
  if (lua_pcall(state, 1, 0, 0) != LUA_OK) {
    printf("error: %s\n", lua_tostring(state, -1));
    lua_pop(state, 1);
  }
}

static lua_State *begin(void)
{
  lua_State *state = luaL_newstate();
  luaL_openlibs(state);
  if (luaL_loadbuffer(state, script, strlen(script), "=script") != LUA_OK) printf("error: %s\n", lua_tostring(state, -1));
  return state;
}

int main(void)
{
  lua_State *kept = begin();
  char letter;
  int number;
  printf("=\n");
  fflush(stdout);
  while (next(&letter, &number)) {
    lua_State *state = letter == 'k' ? kept : begin();
    lua_pushvalue(state, 1);
    call(state, number);
    if (state != kept) lua_close(state);
    printf("=\n");
    fflush(stdout);
  }
  return 0;
}

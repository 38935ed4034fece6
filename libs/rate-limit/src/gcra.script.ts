// The decision as one script, so that replicas cannot interleave: all limits of one caller are read, and written only if each has room.
// The clock is the server's. KEYS: one for each limit, all with the caller as their hash tag, so that a cluster keeps them together.
// ARGV: for each limit the cost and the tolerance in microseconds; a cost of 0 takes nothing. Returns what was owed before, in microseconds.
import { defineScript } from '@gatehouse/valkey';

export const GCRA = defineScript(`
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local debts = {}
local allowed = true
for index, key in ipairs(KEYS) do
  local debt = tonumber(redis.call('GET', key) or now) - now
  if debt < 0 then debt = 0 end
  debts[index] = debt
  if debt + ARGV[index * 2 - 1] > tonumber(ARGV[index * 2]) then allowed = false end
end
if allowed then
  for index, key in ipairs(KEYS) do
    local debt = debts[index] + ARGV[index * 2 - 1]
    if debt > debts[index] then
      redis.call('SET', key, string.format('%.0f', now + debt), 'PX', math.ceil(debt / 1000))
    end
  end
end
return debts
`);

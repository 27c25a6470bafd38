-- Takes one call from every bucket, or from none (GCRA, as registry_core::limit does it on one node).
--
-- KEYS: the buckets. ARGV: for each, the nanoseconds that refill one call, and how many calls it holds.
-- Answers: whether the call is allowed (1 or 0), the number of the strictest bucket, and the nanoseconds until
-- that bucket is full.
--
-- A bucket is kept as 'AT DEBT': at AT (microseconds, by Redis's clock) it was DEBT nanoseconds from full. No
-- key is a full bucket. Numbers are doubles, so exact up to 2^53: a bucket may take 104 days to fill.

local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]

local function debt_of(key)
  local state = redis.call('GET', key)
  if not state then return 0 end
  local at, debt = string.match(state, '^(%d+) (%d+)$')
  -- A clock that was set back refills nothing.
  return math.max(0, debt - math.max(0, now - at) * 1000)
end

local function keep(key, debt)
  local state = string.format('%.0f %.0f', now, debt)
  local lifetime = string.format('%.0f', math.ceil(debt / 1000000))
  redis.call('SET', key, state, 'PX', lifetime)
end

local debts = {}
local denied, longest = nil, 0
for i, key in ipairs(KEYS) do
  local interval, burst = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  debts[i] = debt_of(key)
  local wait = debts[i] - interval * (burst - 1)
  if wait > longest then denied, longest = i, wait end
end
if denied then return {0, denied, debts[denied]} end

local strictest, fewest = 0, nil
for i, key in ipairs(KEYS) do
  local interval, burst = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  debts[i] = debts[i] + interval
  keep(key, debts[i])
  local remaining = math.floor((interval * burst - debts[i]) / interval)
  if not fewest or remaining < fewest then strictest, fewest = i, remaining end
end
return {1, strictest, debts[strictest]}

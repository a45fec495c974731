"""The one limiter: how often something may be tried, counted in Redis under the published names."""

from ipaddress import IPv6Address, IPv6Network
from typing import Any, NamedTuple

from django.conf import settings
from django.utils.crypto import salted_hmac
from django_redis import get_redis_connection
from prometheus_client import Counter
from redis.exceptions import RedisError

from accounts.refusals import Refused, Unavailable
from accounts.words import Word

unavailable = Counter("rate_limiter_unavailable_total", "Requests that found the limiter away")


class Scope(Word):
    """What is counted, as the keys name it; how often and for how long stands in settings.RATE_LIMITS."""

    LOGIN = "login"
    ACCOUNT = "login:account"
    REGISTER = "register"
    SECOND_FACTOR = "mfa"
    CODE = "code"
    CODE_SPENT = "code:spent"
    SMS = "sms"
    SMS_DAY = "sms:day"
    SMS_GAP = "sms:gap"
    SMS_ADDRESS = "sms:ip"
    RESET = "reset"
    MAIL = "mail"
    API = "api"
    CHAT = "chat"
    CARDS_BATCH = "cards:batch"
    CARDS_WRITE = "cards:write"
    CARDS_RETRIEVE = "cards:retrieve"
    CARDS_READ = "cards:read"
    CARDS_USAGE = "cards:usage"
    PORTRAITS = "portraits"
    PORTRAITS_OF_TENANT = "portraits:tenant"


class Use(NamedTuple):
    """One use of a scope by somebody."""

    scope: Scope
    who: str

    @property
    def key(self) -> str:
        return f"{settings.CACHE_PREFIX}ratelimit:{self.scope}:{self.who}"

    @property
    def lockouts(self) -> str:
        return f"{settings.CACHE_PREFIX}ratelimit:{self.scope}:lockouts:{self.who}"

    @property
    def rate(self) -> tuple[int, int]:
        limit, seconds = settings.RATE_LIMITS[self.scope]
        return limit, seconds


class Left(NamedTuple):
    """What the answer says of the scope that is nearest to its end; `reset` in seconds, `used` of the most used."""

    limit: int
    remaining: int
    reset: int
    used: int


class Limited(Refused):
    status = 429
    code = "RATE_LIMITED"
    sentence = "The limit is reached; try again later."

    def __init__(self, left: Left) -> None:
        super().__init__(retry_after=left.reset)
        self.left = left


class LimiterAway(Unavailable):
    code = "RATE_LIMITER_UNAVAILABLE"
    sentence = "We cannot count attempts at the moment, so none is admitted. Try again in a moment."


def by_address(scope: Scope, address: str) -> Use:
    """Whoever has one IPv6 address has the 2^64 of its network: they are one address here."""
    if ":" in address:
        whole = IPv6Address(address)
        address = str(whole.ipv4_mapped or IPv6Network((address, 64), strict=False).network_address)
    return Use(scope, address)


def by_hash(scope: Scope, named: str) -> Use:
    """For an e-mail address, known to us or not; a list of keys is not a list of people."""
    return Use(scope, salted_hmac("ratelimit", named.strip().lower(), algorithm="sha256").hexdigest())


def take(*uses: Use) -> Left:
    """One use of each of these, or, where one of them is used up, of none.

    A guess at a secret is taken before it is judged, so that many at once are not more than one after the other.
    """
    full, *left = _run(_TAKE, [use.key for use in uses], [n for use in uses for n in use.rate])
    if full:
        raise Limited(Left(*left))
    return Left(*left)


def give_back(*uses: Use) -> None:
    """What was taken for a guess that was right; a lockout stays one."""
    _run(_GIVE_BACK, [use.key for use in uses], [use.rate[0] for use in uses])


def lock(use: Use) -> int:
    """After a wrong try that was the last one: the seconds for which there is no other, longer each time; else 0."""
    first, longest = settings.LOCKOUT_SECONDS
    return int(_run(_LOCK, [use.key, use.lockouts], [use.rate[0], first, longest]))


def forget(use: Use) -> None:
    _run(_FORGET, [use.key, use.lockouts], [])


def admit(*uses: Use) -> Left | None:
    """`take` for what must go on without Redis: None, and everybody is admitted."""
    try:
        return take(*uses)
    except LimiterAway:
        return None


def _run(script: str, keys: list[str], numbers: list[int]) -> Any:
    try:
        return get_redis_connection("default").eval(script, len(keys), *keys, *numbers)
    except RedisError as gone:
        unavailable.inc()
        raise LimiterAway from gone


# A script runs alone in Redis: between the look and the count nobody else comes in.
_TAKE = """
local full, most
for i, key in ipairs(KEYS) do
  local limit, used = tonumber(ARGV[2 * i - 1]), tonumber(redis.call('GET', key) or 0)
  if used >= limit then
    local wait = math.max(1, redis.call('TTL', key))
    if not full or wait > full[4] then full = {1, limit, 0, wait, limit} end
  end
end
if full then return full end
local least
for i, key in ipairs(KEYS) do
  local limit, used = tonumber(ARGV[2 * i - 1]), redis.call('INCR', key)
  if used == 1 then redis.call('EXPIRE', key, ARGV[2 * i]) end
  if not least or limit - used < least[3] then
    least = {0, limit, limit - used, math.max(1, redis.call('TTL', key))}
  end
  most = math.max(most or 0, used)
end
least[5] = most
return least
"""
_GIVE_BACK = """
for i, key in ipairs(KEYS) do
  local used = tonumber(redis.call('GET', key) or 0)
  if used == 1 then redis.call('DEL', key)
  elseif used > 1 and used <= tonumber(ARGV[i]) then redis.call('DECR', key) end
end
"""
# The counter of a locked scope stands one above its limit: the others who failed at the same moment lock nothing.
_LOCK = """
local key, lockouts = KEYS[1], KEYS[2]
local limit, first, longest = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if tonumber(redis.call('GET', key) or 0) ~= limit then return 0 end
local seconds = math.min(first * 2 ^ (redis.call('INCR', lockouts) - 1), longest)
redis.call('SET', key, limit + 1, 'EX', string.format('%d', seconds))
redis.call('EXPIRE', lockouts, string.format('%d', seconds + longest))
return seconds
"""
_FORGET = "return redis.call('DEL', unpack(KEYS))"

"""Things remembered for a while: at most so many; the expired go first, then what was not asked for longest."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Thing = TypeVar("Thing")


class Remembered(Generic[Key, Thing]):
    """Shared by the threads of a process. `clock` counts seconds."""

    def __init__(self, most: int, clock: Callable[[], float]) -> None:
        self._most, self._clock = most, clock
        self._kept: OrderedDict[Key, tuple[float, Thing]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Key) -> Thing | None:
        with self._lock:
            until, thing = self._kept.get(key, (0.0, None))
            if thing is None or until <= self._clock():
                self._kept.pop(key, None)
                return None
            self._kept.move_to_end(key)
            return thing

    def put(self, key: Key, thing: Thing, seconds: float) -> None:
        with self._lock:
            now = self._clock()
            self._kept[key] = (now + seconds, thing)
            self._kept.move_to_end(key)
            if len(self._kept) > self._most:
                for old in [key for key, (until, _) in self._kept.items() if until <= now]:
                    del self._kept[old]
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()

    def __len__(self) -> int:
        return len(self._kept)

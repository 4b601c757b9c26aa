"""What is on its way between a kernel and a page: frames there, and messages back.

Stands by itself. Of frames no more than the page draws in time, so that a slow link sees fewer and
none that is late: the page acknowledges what it has drawn; how long that took, beside the shortest
time it ever took, says whether frames wait for one another. Messages are taken in their order.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Iterator
from typing import Any

MOST = 12  # frames on their way
LATE = 0.25  # seconds that a frame may wait behind others
SILENCE = 1.0  # seconds without a word after which the page may be there and only not be heard
UNHEARD = 0.25  # seconds between two frames then


class Flow:
    """What was sent and is not drawn yet; `full` as long as no more of it should be sent.

    >>> flow = Flow()
    >>> for clock in (0.0, 0.1, 0.2):
    ...     flow.sent(clock)
    >>> flow.drawn(1, 0.05)
    >>> flow.drawn(2, 1.0)  # late: half as many from now on
    >>> flow.room
    6
    """

    def __init__(self) -> None:
        self.flying: deque[float] = deque()
        self.room = MOST
        self.best = math.inf
        self.heard = 0.0

    def full(self, clock: float) -> bool:
        """Whether the page has enough to draw."""
        if len(self.flying) < self.room:
            return False
        return clock < self.heard + SILENCE or clock < self.flying[-1] + UNHEARD

    def sent(self, clock: float) -> None:
        """A frame was sent at this time, in seconds."""
        self.flying.append(clock)

    def drawn(self, count: int, clock: float) -> None:
        """So many frames more are drawn, as is known at this time."""
        self.heard, began = clock, math.nan
        for _ in range(min(count, len(self.flying))):
            began = self.flying.popleft()
        took = clock - began
        if math.isnan(took):  # there are several pages, and another was faster
            return
        # One alone waits for nobody: so long it takes.
        self.best = took if self.room == 1 else min(took, self.best)
        self.room = min(self.room + 1, MOST) if took < self.best + LATE else (self.room + 1) // 2


class Order:
    """Messages in the order in which each page sent them; hold `lock` while they are taken.

    Jupyter hands them over in two threads, the main one and that of a subshell, and changes between
    them in the middle of a burst: one that came early waits for those that the other has yet.

    >>> order = Order()
    >>> [list(order.due("page", number, text)) for number, text in [(0, "a"), (2, "c"), (1, "b")]]
    [['a'], [], ['b', 'c']]
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.next: dict[str, int] = {}  # of each page
        self.early: dict[tuple[str, int], Any] = {}

    def due(self, page: str, number: int, message: Any) -> Iterator[Any]:
        """The messages to take now that this one came, the first of a page being number 0."""
        self.early[page, number] = message
        while (at := (page, self.next.get(page, 0))) in self.early:
            self.next[page] = at[1] + 1
            yield self.early.pop(at)

    def forget(self, page: str) -> None:
        """A page has gone."""
        self.next.pop(page, None)

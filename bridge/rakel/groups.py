"""The talkgroups in a terminal's codeplug: its static list (`+CNUMS`) and the dynamic one (`+CNUMD`).

A list can have 2000 rows, more than a minute at 9600 baud. It is read a page at a time, with background priority. A
press never waits behind more than one page. Terminals differ in how they answer (`profiles.LENIENCIES`), and in whether
they can be asked for a part. A terminal that cannot is asked for the whole.
"""

from collections import deque
from typing import Final

from bridge.domain.kernel.ids import Gssi
from bridge.rakel.connection import Connection
from bridge.rakel.pei import commands
from bridge.rakel.pei.indications import NumberReport
from bridge.rakel.pei.session import Outcome

MAX_GROUPS: Final = 2000
"""The size of a list, as terminals report it (captured: `(1-2000)`); the rest is left unread."""
MAX_NAME_CHARS: Final = 40
MAX_GIVEN_UP: Final = 3
"""So many pages without an end are asked for again; then the list is taken as it came."""
_LISTS: Final = ("static_groups", "dynamic_groups")


class GroupReader:
    """Reads the lists, one page with every `step`, until `done`. `begin` starts over.

    Attributes:
        found: The groups read so far, in the terminal's order; a group in both lists once.
    """

    def __init__(self, page: int) -> None:
        self._page = page
        self._lists: deque[str] = deque()
        self._next = 1
        self._given_up = 0
        self.found: dict[Gssi, str] = {}

    def begin(self) -> None:
        self._lists, self._next, self._given_up, self.found = deque(_LISTS), 1, 0, {}

    @property
    def done(self) -> bool:
        return not self._lists

    async def next_page(self, line: Connection) -> bool:
        """One page more, from the beginning where the last reading is done. Whether all is read."""
        if self.done:
            self.begin()
        await self.step(line)
        return self.done

    async def step(self, line: Connection) -> None:
        """One page of one list.

        Raises:
            LinkLost: the line went.
        """
        paged = await self._ask_for_part(line)
        if not paged and self._next > 1:  # the list ends before this page
            self._next_list()
            return
        answered = await line.command(commands.plain(self._lists[0]))
        if answered.outcome is Outcome.TIMEOUT and self._given_up < MAX_GIVEN_UP:  # a release could not wait for it
            self._given_up += 1
            return
        rows = [one for one in answered.lines if isinstance(one, NumberReport) and one.identity is not None]
        before = len(self.found)
        self._keep(rows)
        more = paged and answered.ok and len(rows) >= self._page and len(self.found) > before
        if more and self._next + self._page <= MAX_GROUPS:
            self._next += self._page
        else:
            self._next_list()

    async def _ask_for_part(self, line: Connection) -> bool:
        if not self._page:
            return False
        last = self._next + self._page - 1
        return (await line.command(commands.group_list_part(self._lists[0], self._next, last))).ok

    def _keep(self, rows: list[NumberReport]) -> None:
        for row in rows:
            if row.identity is not None and row.identity.ssi and len(self.found) < MAX_GROUPS:
                name = "".join(one for one in row.name if one.isprintable()).strip()[:MAX_NAME_CHARS]
                self.found.setdefault(Gssi(row.identity.ssi), name)

    def _next_list(self) -> None:
        self._lists.popleft()
        self._next = 1

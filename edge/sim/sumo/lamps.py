"""SUMO's state string of a traffic light from the image that the monitor permitted. Pure.

| a channel shows | SUMO is set to |
|---|---|
| green, flashing green, walk | `G`; `g` while a link it must yield to is green or yellow, or not yet cleared |
| flashing yellow arrow | `g` |
| yellow | `y` |
| red and amber | `u` |
| flashing yellow, dark | `o`: not in use, yield |
| flashing red | `s`: stop, then go |
| red, where the link may turn on red | `s` |
| everything else | `r` |
"""

from collections.abc import Mapping, Sequence

from edge.model.indications import Indication
from edge.model.sumo import SumoSite
from edge.model.units import ChannelNumber, Ms

_LETTER: dict[Indication, str] = {
    Indication.DARK: "o",
    Indication.RED: "r",
    Indication.YELLOW: "y",
    Indication.GREEN: "G",
    Indication.FLASH_RED: "s",
    Indication.FLASH_YELLOW: "o",
    Indication.DONT_WALK: "r",
    Indication.PED_CLEARANCE: "r",
    Indication.WALK: "G",
    Indication.FLASH_YELLOW_ARROW: "g",
    Indication.RED_YELLOW: "u",
    Indication.FLASH_GREEN: "G",
}

_STRONGEST_FIRST = (
    Indication.GREEN,
    Indication.WALK,
    Indication.FLASH_GREEN,
    Indication.FLASH_YELLOW_ARROW,
    Indication.YELLOW,
    Indication.RED_YELLOW,
    Indication.PED_CLEARANCE,
    Indication.RED,
    Indication.DONT_WALK,
    Indication.FLASH_YELLOW,
    Indication.FLASH_RED,
    Indication.DARK,
)
"""Of several channels that show the same link, the first of these decides."""

_RANK = {indication: rank for rank, indication in enumerate(_STRONGEST_FIRST)}

_MOVES = frozenset({Indication.GREEN, Indication.FLASH_GREEN, Indication.FLASH_YELLOW_ARROW, Indication.WALK})
_NOT_CLEARED = _MOVES | {Indication.PED_CLEARANCE, Indication.YELLOW}


class Heads:
    """The heads of one traffic light.

    `own_programme`: the states of the net's own programme; a link that no channel shows keeps what it shows all the time there.
    `clear_ms`: the longest red clearance of the site. A turn that has yielded has right of way only when it is over: whom it
    yielded to may still be on the junction.

    Raises:
        ValueError: a link that no channel shows and that is not always the same, or one that the light has not got.
    """

    def __init__(self, sumo: SumoSite, own_programme: Sequence[str], clear_ms: Ms = 0) -> None:
        self._clear_ms = clear_ms
        self._free_since: dict[int, Ms | None] = {}  # of a link that yields or has yielded: None while it must
        self._base = _base(sumo, own_programme)
        shown_by: dict[int, list[ChannelNumber]] = {}
        for channel, links in sumo.links.items():
            for link in links:
                shown_by.setdefault(link, []).append(channel)
        self._shown_by = {link: tuple(channels) for link, channels in shown_by.items()}
        self._yields = {link: foes for link, foes in sumo.yields.items() if foes}
        self._on_red = frozenset(sumo.on_red) & shown_by.keys()

    def state(self, shown: Mapping[ChannelNumber, Indication], now: Ms = 0) -> str:
        """What SUMO is to show from `now` on, while the lamps show this."""
        links = {link: self._of(link, shown) for link in self._shown_by}
        letters = list(self._base)
        for link, indication in links.items():
            letters[link] = _LETTER[indication]
        for link in self._on_red:
            if letters[link] == "r":
                letters[link] = "s"
        for link, foes in self._yields.items():
            if letters[link] != "G":
                self._free_since.pop(link, None)
            elif self._must_yield(link, now, opposed=any(self._opposes(foe, links) for foe in foes)):
                letters[link] = "g"
        return "".join(letters)

    def _must_yield(self, link: int, now: Ms, *, opposed: bool) -> bool:
        """Whether a green link yields: somebody opposes it, or did and has not been cleared."""
        if opposed:
            self._free_since[link] = None
            return True
        if link not in self._free_since:
            return False
        since = self._free_since[link]
        if since is None:
            since = self._free_since[link] = now
        return now - since < self._clear_ms

    def _of(self, link: int, shown: Mapping[ChannelNumber, Indication]) -> Indication:
        seen = [shown.get(channel, Indication.DARK) for channel in self._shown_by[link]]
        return seen[0] if len(seen) == 1 else min(seen, key=_RANK.__getitem__)

    def _opposes(self, foe: int, links: Mapping[int, Indication]) -> bool:
        seen = links.get(foe)
        return seen in _NOT_CLEARED if seen is not None else self._base[foe] in "Gg"


def _base(sumo: SumoSite, own_programme: Sequence[str]) -> str:
    length = len(own_programme[0])
    named = {link for links in sumo.links.values() for link in links}
    beyond = sorted(link for link in named if not 0 <= link < length)
    if beyond:
        raise ValueError(f"traffic light {sumo.tls} has links 0 to {length - 1}; sumo.links names {_list(beyond)}")
    always = [{state[link] for state in own_programme} for link in range(length)]
    unclear = [link for link in range(length) if link not in named and len(always[link]) > 1]
    if unclear:
        raise ValueError(
            f"no channel shows link {_list(unclear)} of traffic light {sumo.tls} — name it under sumo.links"
        )
    return "".join("r" if link in named else next(iter(always[link])) for link in range(length))


def _list(links: Sequence[int]) -> str:
    return ", ".join(map(str, links))

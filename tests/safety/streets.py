"""Cards and a street to drive a monitor along, for the tests of the monitor."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from edge.model.exchange import Readback
from edge.model.indications import ChannelKind, Indication, Lamps
from edge.model.site import Card, CardChannel
from edge.model.units import ChannelNumber, Ms
from edge.safety.history import History, Standing, Track
from edge.safety.monitor import Monitor, Verdict
from edge.safety.permitted import Permitted
from edge.safety.rules import Latch, Rule, Violation

Image = dict[ChannelNumber, Indication]

GREEN, YELLOW, RED = Indication.GREEN, Indication.YELLOW, Indication.RED
WALK, PED_CLEARANCE, DONT_WALK = Indication.WALK, Indication.PED_CLEARANCE, Indication.DONT_WALK
DARK, FLASH_RED, FLASH_YELLOW = Indication.DARK, Indication.FLASH_RED, Indication.FLASH_YELLOW
ARROW = Indication.FLASH_YELLOW_ARROW
RED_YELLOW, FLASH_GREEN = Indication.RED_YELLOW, Indication.FLASH_GREEN


def n(number: int) -> ChannelNumber:
    return ChannelNumber(number)


def pairs(*permissive: tuple[int, int]) -> frozenset[frozenset[ChannelNumber]]:
    return frozenset(frozenset({n(a), n(b)}) for a, b in permissive)


def vehicle(number: int, flash: Indication, yellow: Ms, yellow_and_red: Ms, *, green: Ms = 0) -> CardChannel:
    return CardChannel(n(number), ChannelKind.VEHICLE, flash, yellow, yellow_and_red, min_green_ms=green)


def pedestrian(number: int, *, yellow_and_red: Ms = 0, walk: Ms = 0, clearance: Ms = 0) -> CardChannel:
    return CardChannel(
        n(number),
        ChannelKind.PEDESTRIAN,
        DARK,
        0,
        yellow_and_red,
        min_walk_ms=walk,
        min_ped_clearance_ms=clearance,
    )


CROSSING = Card(
    channels=(
        vehicle(2, FLASH_YELLOW, 3_000, 4_500, green=5_000),
        vehicle(4, FLASH_RED, 3_200, 5_000),
        vehicle(6, FLASH_YELLOW, 3_000, 4_500),
        pedestrian(12, yellow_and_red=6_000, walk=7_000, clearance=8_000),
        CardChannel(n(15), ChannelKind.VEHICLE, DARK, 3_000, 4_000, may_be_dark=True),
    ),
    permissive=pairs((2, 6), (2, 12), (6, 12), (2, 15)),
    confirmed_by="the tests",
)
"""Main street 2 and 6 with the walk 12 beside it, side street 4, an arrow 15 that may be dark. Real times."""

SMALL = Card(
    channels=(
        vehicle(1, FLASH_YELLOW, 300, 500, green=200),
        vehicle(2, FLASH_RED, 400, 600),
        pedestrian(3, yellow_and_red=400, walk=200, clearance=300),
        CardChannel(n(4), ChannelKind.VEHICLE, FLASH_YELLOW, 200, 200, may_be_dark=True),
        CardChannel(n(5), ChannelKind.ARROW, FLASH_RED, 300, 500, min_green_ms=200),
    ),
    permissive=pairs((1, 3), (2, 4), (2, 5)),
    confirmed_by="the tests",
    flashing_arrow=frozenset({(n(5), n(1)), (n(5), n(3))}),
)
"""Every kind of channel with times of a few ticks, for random walks. 1 and 4 conflict, and both flash yellow.

The green arrow of 5 runs beside 2, its flashing arrow beside 1 and 3.
"""

LEFTS = Card(
    channels=(
        vehicle(2, FLASH_YELLOW, 3_000, 4_500, green=5_000),
        vehicle(6, FLASH_YELLOW, 3_000, 4_500, green=5_000),
        CardChannel(n(11), ChannelKind.ARROW, FLASH_RED, 3_100, 4_600, min_green_ms=4_000),
        CardChannel(n(15), ChannelKind.ARROW, FLASH_RED, 3_000, 4_500, min_green_ms=4_000),
        CardChannel(n(17), ChannelKind.ARROW, FLASH_RED, 3_000, 4_500, min_green_ms=4_000),
    ),
    permissive=pairs((2, 6), (2, 15), (6, 11), (11, 15)),
    confirmed_by="the tests",
    flashing_arrow=frozenset(
        (n(a), n(b)) for a, others in {11: (2, 6, 15), 15: (2, 6, 11), 17: (2, 6, 11)}.items() for b in others
    ),
)
"""Main street 2 and 6 with left turns 11 (against 2) and 15 (against 6); 15 does not flash beside 17, nor 17 beside 15."""


EUROPEAN = Card(
    channels=(
        replace(
            vehicle(1, FLASH_YELLOW, 300, 500, green=200),
            min_red_ms=200,
            min_red_yellow_ms=100,
            max_red_yellow_ms=300,
            min_green_blink_ms=200,
        ),
        replace(vehicle(2, FLASH_RED, 400, 600), max_red_yellow_ms=200),
        replace(pedestrian(3, yellow_and_red=300, walk=200, clearance=500), steady_clearance=True),
        vehicle(4, FLASH_YELLOW, 200, 200),
    ),
    permissive=pairs((1, 3), (2, 4)),
    confirmed_by="the tests",
)
"""As SMALL, with red and amber, a green that blinks, a least red and a pedestrian clearance shown steady."""


def flash_of(card: Card) -> Image:
    return {channel.number: channel.flash for channel in card.channels}


def stopped(card: Card) -> Image:
    return {c.number: DONT_WALK if c.kind is ChannelKind.PEDESTRIAN else RED for c in card.channels}


def read(permitted: Permitted, taken_ms: Ms, wrong: Mapping[int, Lamps] | None = None) -> Readback:
    """What a device reads back that shows `permitted`, but for the channels in `wrong`."""
    lamps = {number: permitted.lamps(number) for number in permitted.shown}
    return Readback(permitted.sequence, taken_ms, {**lamps, **{n(k): v for k, v in (wrong or {}).items()}})


class Street:
    """A monitor and its clock. `now` is the instant of the next tick; a street opens in the middle of the day."""

    def __init__(self, card: Card = CROSSING, latch: Latch | None = None) -> None:
        self.card = card
        self.monitor = Monitor(card, latch)
        self.now: Ms = 1_234_500
        self.flash = flash_of(card)
        self.stopped = stopped(card)
        self.minted: list[tuple[Ms, Image]] = []
        self.last: Permitted | None = None

    def image(self, **shown: Indication) -> Image:
        """All stopped but for the channels named, as `c2=GREEN`."""
        return {**self.stopped, **{n(int(key[1:])): value for key, value in shown.items()}}

    def tick(self, image: Mapping[ChannelNumber, Indication], readbacks: Iterable[Readback] = ()) -> Verdict:
        """One tick at `now`; the clock stays."""
        verdict = self.monitor.check(self.now, image, tuple(readbacks))
        self.minted.append((self.now, dict(verdict.permitted.shown)))
        self.last = verdict.permitted
        return verdict

    def rules(self, image: Mapping[ChannelNumber, Indication]) -> list[Rule]:
        """The rules that `image` breaks now."""
        return [violation.rule for violation in self.tick(image).violations]

    def show(self, image: Mapping[ChannelNumber, Indication], duration_ms: Ms) -> None:
        """Show an image for exactly so long, in ticks of 100 ms and a rest; all of it must be permitted."""
        end_ms = self.now + duration_ms
        while self.now < end_ms:
            verdict = self.tick(image)
            assert verdict.violations == ()
            assert verdict.permitted.shown == image
            self.now = min(self.now + 100, end_ms)

    def start(self) -> None:
        """Flash, exit yellow, all red: from here any first green is permitted."""
        self.show(self.flash, 6_000)
        yellow = {number: YELLOW for number, shown in self.flash.items() if shown is FLASH_YELLOW}
        self.show({**self.stopped, **yellow}, 3_500)
        self.show(self.stopped, 3_000)


def refused(street: Street, wanted: Image, *rules: Rule) -> str:
    """Assert that `wanted` breaks exactly these rules, is answered by flash and latches the first; its sentence."""
    verdict = street.tick(wanted)
    assert [violation.rule for violation in verdict.violations] == list(rules)
    assert verdict.permitted.shown == street.flash
    first = verdict.violations[0]
    assert verdict.latch is not None
    assert (verdict.latch.rule, verdict.latch.channels, verdict.latch.detail) == (
        first.rule,
        first.channels,
        first.detail,
    )
    assert street.monitor.latch == verdict.latch
    return first.detail


def running(shown: Image) -> History:
    """A history in which these have been shown since 0."""
    tracks = {number: Track(indication, 0) for number, indication in shown.items()}
    return History(Standing.RUNNING, tracks, since_ms=0, stopped=False, cut=False)


def opened() -> Street:
    """A street with 2 and 6 green and 4 red, none of it read back so far."""
    street = Street()
    street.start()
    street.show(street.image(c2=GREEN, c6=GREEN), 1_000)
    return street


def polled(street: Street, image: Image, wrong: dict[int, Lamps] | None, step_ms: Ms = 100) -> tuple[Violation, ...]:
    """One tick on which the image before it is read back, `wrong` in some channels."""
    assert street.last is not None
    readback = read(street.last, street.now - 10, wrong)
    found = street.tick(image, [readback]).violations
    street.now += step_ms
    return found


def timed_to(street: Street, image: Image, readings: int, wrong: dict[int, Lamps] | None) -> list[Rule]:
    return [v.rule for _ in range(readings) for v in polled(street, image, wrong)]

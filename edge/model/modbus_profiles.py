"""What each Modbus I/O module does when its master is gone, and where its watchdog can be read back. Data only.

Addresses are 0-based, as they travel on the wire: manuals that count from 40001 or 00001 are one higher. No figure here
has been tried on a module yet; `Mark` says where each was read. Try a module on the bench before it drives a street:
pull the cable, see the lamps go to their safe state, and compare with its row here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from edge.model.units import Ms


class Mark(Enum):
    """How far a figure is to be trusted."""

    UNKNOWN = "?"  # unclear in every source read
    MEMORY = "M"  # from memory: unverified
    SOURCE = "V"  # read in the maker's manual or in a register map that quotes it; not tried on a module


class OnMasterLoss(Enum):
    """What the outputs do when no master speaks to the module any more. The zero value is the one nothing may rest on."""

    UNKNOWN = 0
    HOLD = 1  # they stay as they were: a green stays green
    OFF = 2  # all off
    SAFE = 3  # a state set in the module, by default all off


class FedBy(Enum):
    """What keeps the watchdog of the module from expiring."""

    UNKNOWN = 0
    ANY_TELEGRAM = 1  # also our own polling of inputs
    WRITES = 2  # only writing outputs
    AS_SET = 3  # either, by a setting in the module


class Space(Enum):
    """The four Modbus tables."""

    COILS = "coil"
    DISCRETE_INPUTS = "discrete input"
    HOLDING_REGISTERS = "holding register"
    INPUT_REGISTERS = "input register"


class WordOrder(Enum):
    """Which of the two registers of a 32-bit counter comes first."""

    HIGH_FIRST = "high word first"
    LOW_FIRST = "low word first"


@dataclass(frozen=True, slots=True)
class Cell:
    """One coil or register."""

    space: Space
    address: int
    mark: Mark


@dataclass(frozen=True, slots=True)
class WatchdogTime:
    """Where the module's time-out stands, in steps of `unit_ms`; 0 there means that the watchdog is off."""

    cell: Cell
    unit_ms: Ms
    unit_mark: Mark


@dataclass(frozen=True, slots=True)
class Demand:
    """A setting without which a device is not armed: `cell` must hold one of `allowed`; `meaning` says what is wrong if not."""

    cell: Cell
    allowed: tuple[int, ...]
    meaning: str


@dataclass(frozen=True, slots=True)
class Trip:
    """The flag that the watchdog has expired: `cell` holds one of `values`. `clear_value` written to `clear` resets it;
    no `clear`: only the module's own tool or its power switch does."""

    cell: Cell
    values: tuple[int, ...]
    clear: Cell | None = None
    clear_value: int = 1


@dataclass(frozen=True, slots=True)
class Watchdog:
    """What can be read back of a module's watchdog. `trips`: a register that counts expiries."""

    time: WatchdogTime | None = None
    demands: tuple[Demand, ...] = ()
    trip: Trip | None = None
    trips: Cell | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """One kind of module. `watchdog` None: nothing can be read back, so outputs need an external monitor."""

    title: str
    on_master_loss: OnMasterLoss
    fed_by: FedBy
    mark: Mark
    counter_order: WordOrder
    counter_order_mark: Mark
    notes: str
    watchdog: Watchdog | None = None

    @property
    def proves_dead_man(self) -> bool:
        """Whether arming can see for itself that the outputs leave the last image when the master is gone, and how fast."""
        drops = self.on_master_loss in {OnMasterLoss.OFF, OnMasterLoss.SAFE}
        return drops and self.watchdog is not None and self.watchdog.time is not None


def _holding(address: int, mark: Mark = Mark.SOURCE) -> Cell:
    return Cell(Space.HOLDING_REGISTERS, address, mark)


def _coil(address: int, mark: Mark = Mark.SOURCE) -> Cell:
    return Cell(Space.COILS, address, mark)


_WAGO_750 = Profile(
    title="WAGO 750-352/-362 Modbus TCP coupler",
    on_master_loss=OnMasterLoss.OFF,
    fed_by=FedBy.AS_SET,
    mark=Mark.SOURCE,
    counter_order=WordOrder.LOW_FIRST,
    counter_order_mark=Mark.UNKNOWN,
    notes=(
        "Set the function-code mask 0x1001 to 0xC010 so that only writing (FC5, 15, 16) feeds it; store with 0x100B = 1. "
        "0x100A = 1 is the alternative watchdog, which any request feeds. Coils are read back from 512 (M)."
    ),
    watchdog=Watchdog(
        time=WatchdogTime(_holding(0x1000), 100, Mark.MEMORY),
        demands=(Demand(_holding(0x1006), (1,), "the watchdog is not running"),),
        trip=Trip(_holding(0x1006), (2,), clear=_holding(0x1007), clear_value=1),
    ),
)

_EK9000 = Profile(
    title="Beckhoff EK9000 Modbus TCP coupler",
    on_master_loss=OnMasterLoss.OFF,
    fed_by=FedBy.AS_SET,
    mark=Mark.SOURCE,
    counter_order=WordOrder.LOW_FIRST,
    counter_order_mark=Mark.UNKNOWN,
    notes=(
        "0x1122: 0 fed by writes (preferred), 1 by any telegram (default), 2 disabled. The maker advises 500 to 5000 ms. "
        "0x1124 = 1 (default): only the first connected master may write, so nothing else may hold a connection first."
    ),
    watchdog=Watchdog(
        time=WatchdogTime(_holding(0x1120), 1, Mark.SOURCE),
        demands=(
            Demand(_holding(0x1122), (0, 1), "the watchdog is disabled"),
            Demand(
                _holding(0x1123), (0,), "on expiry the outputs freeze or the bus stops instead of all outputs going off"
            ),
        ),
        trips=_holding(0x1021),
    ),
)

_BK9000 = Profile(
    title="Beckhoff BK9xxx/BC9xxx Modbus TCP coupler",
    on_master_loss=OnMasterLoss.OFF,
    fed_by=FedBy.AS_SET,
    mark=Mark.SOURCE,
    counter_order=WordOrder.LOW_FIRST,
    counter_order_mark=Mark.UNKNOWN,
    notes="On by default with 1000 ms. 0x1122: 0 fed by write telegrams, 1 by any telegram. 0x1121 resets it.",
    watchdog=Watchdog(
        time=WatchdogTime(_holding(0x1120), 1, Mark.SOURCE),
        demands=(
            Demand(_holding(0x1122), (0, 1), "the kind of watchdog is not one of 0 (writes) or 1 (any telegram)"),
        ),
    ),
)

_MOXA_E1200 = Profile(
    title="Moxa ioLogik E1210/E1212/E1213/E1214",
    on_master_loss=OnMasterLoss.SAFE,
    fed_by=FedBy.UNKNOWN,
    mark=Mark.SOURCE,
    counter_order=WordOrder.HIGH_FIRST,
    counter_order_mark=Mark.SOURCE,
    notes=(
        "Communication watchdog and safe values are set on the module's web page only and cannot be read back. While tripped "
        "it refuses writes until the flag is cleared. A note on the E1242 speaks of swapped counter words: try it."
    ),
    watchdog=Watchdog(trip=Trip(_coil(4144), (1,), clear=_coil(4144), clear_value=1)),
)

_ADAM_6000 = Profile(
    title="Advantech ADAM-6050/6052/6060",
    on_master_loss=OnMasterLoss.SAFE,
    fed_by=FedBy.UNKNOWN,
    mark=Mark.SOURCE,
    counter_order=WordOrder.LOW_FIRST,
    counter_order_mark=Mark.SOURCE,
    notes=(
        "Fail-safe values and the host-idle time (720 s by default, M) are set with the maker's utility. Outputs start at coil "
        "16, inputs are read as coils from 0. The ADAM-6051 writes its outputs only through register 40303: not served."
    ),
)

_ADAM_4000 = Profile(
    title="Advantech ADAM-4055/4150",
    on_master_loss=OnMasterLoss.SAFE,
    fed_by=FedBy.UNKNOWN,
    mark=Mark.SOURCE,
    counter_order=WordOrder.LOW_FIRST,
    counter_order_mark=Mark.UNKNOWN,
    notes="Ships speaking ASCII: switch it to Modbus RTU. The time-out is set by ASCII command $AAX (M) and cannot be read.",
    watchdog=Watchdog(
        demands=(Demand(_holding(214), (1,), "communication safety is not enabled"),),
        trip=Trip(_holding(215), (1,)),
    ),
)

_ICP_M7000 = Profile(
    title="ICP DAS M-7000 / ET-7000",
    on_master_loss=OnMasterLoss.SAFE,
    fed_by=FedBy.UNKNOWN,
    mark=Mark.SOURCE,
    counter_order=WordOrder.LOW_FIRST,
    counter_order_mark=Mark.UNKNOWN,
    notes=(
        "Safe values are coils 00129 ff. (CL-2xx: 00161 ff.), power-on values 00193 ff.: set both to the flash state or off. "
        "Mode 00260: 0 only a 'Host OK' command or coil 00270 clears a time-out, 1 output commands clear it as well."
    ),
    watchdog=Watchdog(
        time=WatchdogTime(_holding(488, Mark.MEMORY), 100, Mark.MEMORY),
        demands=(Demand(_coil(260), (1,), "the host watchdog is not enabled"),),
        trip=Trip(_coil(269), (1,), clear=_coil(269), clear_value=1),
    ),
)

_UNIPI = Profile(
    title="Unipi Edge/Patron/Neuron",
    on_master_loss=OnMasterLoss.UNKNOWN,
    fed_by=FedBy.UNKNOWN,
    mark=Mark.SOURCE,
    counter_order=WordOrder.LOW_FIRST,
    counter_order_mark=Mark.UNKNOWN,
    notes="Its master watchdog is 2500 ms and disabled by default; its registers differ by model and are not read back here.",
)

_WAVESHARE = Profile(
    title="Waveshare Modbus RTU relay boards",
    on_master_loss=OnMasterLoss.HOLD,
    fed_by=FedBy.UNKNOWN,
    mark=Mark.SOURCE,
    counter_order=WordOrder.HIGH_FIRST,
    counter_order_mark=Mark.UNKNOWN,
    notes="No watchdog documented: the relays hold. Only behind an external monitor or a dead-man relay.",
)

_GENERIC = Profile(
    title="any Modbus I/O module",
    on_master_loss=OnMasterLoss.UNKNOWN,
    fed_by=FedBy.UNKNOWN,
    mark=Mark.UNKNOWN,
    counter_order=WordOrder.HIGH_FIRST,
    counter_order_mark=Mark.UNKNOWN,
    notes="Nothing is known of its watchdog: inputs freely, outputs only behind an external monitor.",
)

PROFILES: Mapping[str, Profile] = MappingProxyType(
    {
        "generic": _GENERIC,
        "wago-750": _WAGO_750,
        "beckhoff-ek9000": _EK9000,
        "beckhoff-bk9000": _BK9000,
        "moxa-iologik-e1200": _MOXA_E1200,
        "adam-6000": _ADAM_6000,
        "adam-4000": _ADAM_4000,
        "icp-das-m7000": _ICP_M7000,
        "unipi": _UNIPI,
        "waveshare-relay": _WAVESHARE,
    }
)
"""Every profile by the name a site file uses for it."""

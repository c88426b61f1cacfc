"""The scenarios: nets and demand that are lent beside the repository (../shared/data/sumo), and their common conditions."""

from dataclasses import dataclass, field
from pathlib import Path

from traffic.judge import Least

ROOT = Path(__file__).resolve().parent.parent.parent
DATA = ROOT.parent / "shared" / "data" / "sumo"
VAR = ROOT / "var" / "bench" / "traffic"

OPTIONS = {"step-length": "1", "time-to-teleport": "300", "collision.action": "warn"}
"""SUMO's options for everybody, beside its defaults."""

PEERS = (
    "fixed-net",
    "fixed-searched",
    "actuated-default",
    "actuated-tuned",
    "actuated-free-next-tuned",
    "nema-tuned",
    "delay-based",
)
LOOP_PEERS = ("actuated-default", "actuated-tuned", "actuated-free-next-tuned", "nema-tuned")
"""Those that see loops only: the bar."""
FIXED = "fixed-searched"
NET_OWN = "fixed-net"


@dataclass(frozen=True)
class Bar:
    """What the issue asks: ratios to the best tuned loop-only peer (must, goal), and to the searched fixed plan."""

    must: float
    goal: float
    fixed: float


@dataclass(frozen=True)
class Scenario:
    """One junction and its hour."""

    name: str
    net: Path
    routes: tuple[Path, ...]
    tls: str
    least: Least
    begin: int = 0
    end: int = 3600
    peers: Path | None = None
    bar: Bar | None = None
    additional: tuple[Path, ...] = field(default=())

    @property
    def there(self) -> bool:
        """Whether its files are on this machine."""
        return self.net.exists() and all(r.exists() for r in self.routes)

    def route(self, seed: int) -> Path:
        """The demand of a seed: the draws take turns."""
        return self.routes[(seed - 1) % len(self.routes)]

    def peer(self, name: str) -> Path | None:
        """The program of a peer; None for the net's own."""
        if name == NET_OWN or self.peers is None:
            return None
        return self.peers / f"peer-{name}.add.xml"

    def has(self, name: str) -> bool:
        """Whether this peer exists here; a net's own program without any yellow is a placeholder, not a peer."""
        if name == NET_OWN:
            return self.name != "hz_sb"
        file = self.peer(name)
        return file is not None and file.exists()


def given(data: Path = DATA) -> tuple[Scenario, ...]:
    """The three junctions for reporting."""
    cologne, hangzhou, synth = data / "cologne1", data / "hz_sb", data / "synth8"
    return (
        Scenario(
            "cologne1",
            cologne / "cologne1.net.xml",
            (cologne / "cologne1.rou.xml",),
            "GS_cluster_357187_359543",
            Least(yellow=5, red=0),
            begin=25_200,
            end=28_800,
            peers=cologne,
            bar=Bar(0.80, 0.75, 0.55),
        ),
        Scenario(
            "hz_sb",
            hangzhou / "hz_sb.net.xml",
            (hangzhou / "hz_sb.rou.xml",),
            "intersection_1_1",
            Least(yellow=3, red=2),
            peers=hangzhou,
            end=3900,
            bar=Bar(1.00, 0.92, 0.45),
        ),
        Scenario(
            "synth8",
            synth / "synth8.net.xml",
            tuple(synth / f"synth8.{k}.rou.xml" for k in (1, 2, 3)),
            "C",
            Least(yellow=4, red=1),
            peers=synth,
            end=3900,
            bar=Bar(1.00, 0.96, 0.56),
        ),
    )


def absent(scenarios: tuple[Scenario, ...]) -> list[str]:
    """A sentence for each that is not here."""
    return [
        f"{s.name}: {s.net} is not here; nets are lent, not part of the repository." for s in scenarios if not s.there
    ]

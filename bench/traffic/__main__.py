"""The benchmark: `make bench-traffic [FULL=1]`, or `python -m traffic` beside it. Resumable: what has been run is skipped."""

import argparse
import shutil
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from traffic import cases, own
from traffic.cases import Case
from traffic.ours import OurSites, program_hash, run_builtin, run_ours, source_hash
from traffic.peers import RunFailed, run_peer
from traffic.report import report
from traffic.scenarios import DATA, ROOT, VAR, Scenario, absent, given
from traffic.store import Store, name_of
from traffic.tables import Done

MEASURE = ("judge.py", "net.py", "trips.py", "sumo_files.py", "peers.py")
"""What can change a peer's figures."""


def measure_hash() -> str:
    """Of the benchmark's own measure; SUMO's version is pinned in pyproject.toml."""
    here = ROOT / "bench" / "traffic"
    return program_hash(*(here / name for name in MEASURE))


class Bench:
    """All cases of one start, some already in the store."""

    def __init__(self, store: Store, sites: OurSites, measure: str, program: str) -> None:
        self.store, self.sites, self.measure, self.program = store, sites, measure, program
        self._lock = threading.Lock()

    def key(self, case: Case) -> dict[str, Any]:
        """The key of a case: what runs, and what measures it."""
        return case.key(f"{self.measure}+{self.program}" if case.is_ours else self.measure)

    def run(self, case: Case) -> str:
        """One case, from an empty folder to its line in the store; what to say of it."""
        key = self.key(case)
        folder = VAR / "run" / f"{abs(hash(name_of(key))):x}"
        try:
            if case.scenario.name == own.BUILTIN:
                result = run_builtin(case)
            elif case.is_ours:
                result = run_ours(case, self.sites, folder)
            else:
                result = run_peer(case.scenario, case.controller, case.seed, case.scale, folder)
        except RunFailed as failed:
            return f"{said(case)}: failed\n{failed}"
        with self._lock:
            self.store.put(key, result)
        shutil.rmtree(folder, ignore_errors=True)
        return f"{said(case)}: {result['delay']:.1f} s/veh, judge {result['judge'] or 'content'}"

    def done(self, wanted: Iterable[Case]) -> list[Done]:
        """What is in the store of these."""
        found = ((case, self.store.get(self.key(case))) for case in wanted)
        return [Done(case, result) for case, result in found if result is not None]


def said(case: Case) -> str:
    """A case in words."""
    more = [f"× {case.scale:g}"] if case.scale != 1 else []
    more += [str(case.fault)] if case.fault else []
    more += ["stop-bar loops only"] if case.stopbar_only else []
    return ", ".join([case.scenario.name, case.controller, f"seed {case.seed}", *more])


def everything(arguments: argparse.Namespace) -> tuple[list[Scenario], list[Case]]:
    """The scenarios that are here, and all their cases."""
    there = [s for s in given(arguments.data) if s.there]
    mine: list[Scenario] = [own.founding(s) for s in there if s.name == "synth8"]
    mine += [own.builtin(), *own.crossings()]
    found = [*cases.core(tuple(there), tuple(mine)), *cases.rest(tuple(there))]
    names = arguments.scenario or [s.name for s in (*there, *mine)]
    return [s for s in (*there, *mine) if s.name in names], [c for c in found if c.scenario.name in names]


def chosen(arguments: argparse.Namespace, found: Sequence[Case]) -> list[Case]:
    """Of these cases the ones that are to be run now."""
    wanted = [c for c in found if arguments.full or cases.is_core(c)]
    if arguments.controller:
        wanted = [c for c in wanted if c.controller in arguments.controller]
    if arguments.plain:
        wanted = [c for c in wanted if c.scale == 1 and c.fault is None and not c.stopbar_only]
    if arguments.seeds:
        wanted = [c for c in wanted if c.seed <= arguments.seeds]
    return wanted


def work(bench: Bench, wanted: Sequence[Case], jobs: int, out: Callable[[str], None]) -> None:
    """Run what is not in the store, so many at a time."""
    left = [case for case in dict.fromkeys(wanted) if bench.store.get(bench.key(case)) is None]
    out(f"{len(wanted) - len(left)} of {len(wanted)} runs are there, {len(left)} to do")
    with ThreadPoolExecutor(jobs) as pool:
        for k, future in enumerate(as_completed([pool.submit(bench.run, case) for case in left]), start=1):
            out(f"{k}/{len(left)} {future.result()}")


def main(arguments: Sequence[str]) -> int:
    """Run and report."""
    parser = argparse.ArgumentParser(prog="traffic", description="Delay in SUMO beside tuned peers.")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--full", action="store_true", help="everything, not the core alone")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--scenario", action="append")
    parser.add_argument("--controller", action="append")
    parser.add_argument("--plain", action="store_true", help="no scaled demand, no faults, no stop-bar sites")
    parser.add_argument("--seeds", type=int, help="only so many")
    parser.add_argument("--report", action="store_true", help="run nothing, show what is there")
    parser.add_argument("--markdown", type=Path, help="write the tables there too")
    asked = parser.parse_args(arguments)
    for sentence in absent(given(asked.data)):
        print(sentence)
    program = source_hash()
    bench = Bench(Store(VAR / "runs.jsonl"), OurSites(program), measure_hash(), program)
    scenarios, found = everything(asked)
    if not asked.report:
        work(bench, chosen(asked, found), asked.jobs, lambda line: print(line, flush=True))
    text = report(scenarios, bench.done(dict.fromkeys(found)))
    print(text)
    if asked.markdown:
        asked.markdown.write_text(text + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

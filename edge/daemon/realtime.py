"""What the loop asks of the interpreter and the kernel once everything is built. The policy itself is the unit's to set."""

import gc
import os
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

SWITCH_INTERVAL_S = 0.0005
"""How long another thread may keep the interpreter from the loop: measured p99.9 1.9 ms against 7.8 ms with the 5 ms
that Python ships with, all threads SCHED_FIFO, two CPU hogs beside it."""

LONGEST_SPIN_US = 300_000
"""A real-time thread that computes for so long without ever waiting is killed by the kernel (SIGXCPU)."""

_LONG_WORK_US = 10_000_000


def is_real_time() -> bool:
    """Whether this process was started under SCHED_FIFO or SCHED_RR."""
    return os.sched_getscheduler(0) in {os.SCHED_FIFO, os.SCHED_RR}


def settle() -> None:
    """Start-up is over: what is built stays, threads give way quickly, and a loop that spins is ended."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    gc.collect()
    gc.freeze()
    if is_real_time():
        _spin_at_most(LONGEST_SPIN_US)


@contextmanager
def long_work() -> Iterator[None]:
    """For a thread that computes longer than the loop may: reading a site file takes some 0.1 s on a small board."""
    if not is_real_time():
        yield
        return
    _spin_at_most(_LONG_WORK_US)
    try:
        yield
    finally:
        _spin_at_most(LONGEST_SPIN_US)


def _spin_at_most(limit_us: int) -> None:
    """Lower or raise the soft limit; the hard one stays as the unit set it."""
    _, hard = resource.getrlimit(resource.RLIMIT_RTTIME)
    soft = limit_us if hard == resource.RLIM_INFINITY else min(limit_us, hard)
    with suppress(ValueError, OSError):  # a sandbox that forbids it leaves the unit's own, wider limit
        resource.setrlimit(resource.RLIMIT_RTTIME, (soft, hard))

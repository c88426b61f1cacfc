"""The verbs by which operators override what is scheduled, and their answers. Runs in the server's thread."""

from edge.control_socket.connection import Pending
from edge.control_socket.protocol import Code, Refused, Request
from edge.daemon.desk import Desk
from edge.model.commands import (
    LONGEST_OVERRIDE_MS,
    MOST_OVERRIDES,
    OVERRIDE_MS,
    Command,
    CommandKind,
)
from edge.model.site import Site
from edge.model.units import MINUTE_MS, SECOND_MS, Ms, PhaseNumber, PlanNumber

_RUNS = frozenset({CommandKind.FREE, CommandKind.PLAN})
_OF_WALKS = frozenset({CommandKind.PED_CALL, CommandKind.PED_OMIT})


def run(desk: Desk, site: Site, request: Request) -> Pending:
    """`plan`: a plan, `free`, or `auto` for what is scheduled."""
    asked = request.options.get("plan")
    if asked == "auto":
        standing = [o.command for o in desk.overrides.standing if o.command.kind in _RUNS]
        if not standing:
            raise Refused(Code.REFUSED_NOW, "no operator has chosen a plan, so there is nothing to go back from")
        return desk.place(Command(CommandKind.CANCEL, request.owner, request.why, standing[0].id))
    if asked == "free":
        return _stand(desk, request, CommandKind.FREE)
    if isinstance(asked, bool) or not isinstance(asked, int) or asked not in site.plans:
        known = ", ".join(str(n) for n in sorted(site.plans))
        raise Refused(Code.USAGE, f"there is no plan {asked!r}; name one of {known}, or free, or auto")
    return _stand(desk, request, CommandKind.PLAN, plan=PlanNumber(asked))


def phases(desk: Desk, site: Site, request: Request, kind: CommandKind) -> Pending:
    """`hold`, `omit`, `ped_omit`, `call` and `ped_call`, each of its phases."""
    named = _phases(site, request, kind)
    if kind in {CommandKind.CALL, CommandKind.PED_CALL}:
        return desk.place(Command(kind, request.owner, request.why, phases=named))
    return _stand(desk, request, kind, named)


def maximum_2(desk: Desk, site: Site, request: Request) -> Pending:
    """`maximum_2`: maximum 2 is timed."""
    if all(p.max_green_2_ms is None for p in site.phases.values()):
        raise Refused(Code.REFUSED_NOW, "no phase of this site states max_green_2")
    return _stand(desk, request, CommandKind.MAXIMUM_2)


def cancel(desk: Desk, request: Request) -> Pending:
    """`cancel`: the override with that number."""
    number = request.options.get("id")
    if number not in {o.command.id for o in desk.overrides.standing}:
        raise Refused(Code.REFUSED_NOW, f"there is no override {number!r}; stopline overrides lists them")
    return desk.place(Command(CommandKind.CANCEL, request.owner, request.why, int(str(number))))


def duration_ms(request: Request, default: Ms) -> Ms:
    """How long an order stands.

    Raises:
        Refused: not a number of seconds, or none from one minute to a day.
    """
    value = request.options.get("for_s")
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused(Code.USAGE, f"for_s must be a number of seconds, not {value!r}")
    asked = round(value * SECOND_MS)
    if not MINUTE_MS <= asked <= LONGEST_OVERRIDE_MS:
        raise Refused(Code.USAGE, "an override stands for one minute to 24 hours; write --for 30m or --for 2h")
    return asked


def _stand(
    desk: Desk,
    request: Request,
    kind: CommandKind,
    named: tuple[PhaseNumber, ...] = (),
    plan: PlanNumber | None = None,
) -> Pending:
    if len(desk.overrides.standing) >= MOST_OVERRIDES:
        raise Refused(Code.REFUSED_NOW, f"{MOST_OVERRIDES} overrides stand already; cancel one: stopline overrides")
    for_ms = duration_ms(request, OVERRIDE_MS)
    return desk.place(Command(kind, request.owner, request.why, desk.overrides.next_id(), named, plan, for_ms))


def _phases(site: Site, request: Request, kind: CommandKind) -> tuple[PhaseNumber, ...]:
    named = request.options.get("phases")
    if not isinstance(named, list) or not named:
        raise Refused(Code.USAGE, f"{request.verb} needs phases, such as [2, 6]")
    for phase in named:
        known = site.phases.get(PhaseNumber(phase)) if isinstance(phase, int) and not isinstance(phase, bool) else None
        if known is None:
            here = ", ".join(str(p) for p in sorted(site.phases))
            raise Refused(Code.USAGE, f"there is no phase {phase!r}; name one of {here}")
        if kind in _OF_WALKS and known.ped is None:
            raise Refused(Code.USAGE, f"phase {phase} has no walk")
    return tuple(PhaseNumber(p) for p in dict.fromkeys(named))

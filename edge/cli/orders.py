"""Verbs by which an operator overrides what is scheduled, each with a reason and an end."""

from argparse import Namespace

from edge.cli.ask import Answer, asked, change, json_text

_PARTS = {"phase": "call", "ped": "ped_call"}


def plan(options: Namespace) -> int:
    """`stopline plan N|free|auto -m WHY --for T`."""
    wanted = int(options.plan) if options.plan.isdecimal() else options.plan
    if wanted == "auto":
        return change(options, "plan", "What is scheduled runs again.", plan=wanted)
    said = f"{'free' if wanted == 'free' else f'plan {wanted}'} runs instead of what is scheduled."
    return _stands(options, "plan", said[0].upper() + said[1:], plan=wanted)


def call(options: Namespace) -> int:
    """`stopline call phase|ped N… -m WHY`."""
    return change(options, _PARTS[options.kind], "The call is placed.", phases=options.phases)


def of_phases(options: Namespace) -> int:
    """`stopline hold|omit|ped-omit N… -m WHY --for T`."""
    return _stands(options, options.verb.replace("-", "_"), f"{options.verb} stands.", phases=options.phases)


def maximum(options: Namespace) -> int:
    """`stopline maximum 2 -m WHY --for T`."""
    return _stands(options, "maximum_2", "Maximum 2 is timed.")


def overrides(options: Namespace) -> int:
    """`stopline overrides`, and `stopline overrides cancel ID -m WHY`."""
    if options.action == "cancel":
        return change(options, "cancel", "Cancelled.", id=options.id)
    answer = asked(options, "overrides")
    if options.json:
        print(json_text(answer))
        return 0
    rows = [f"{row['id']:>4}  {row['line'].removeprefix('operator ')}" for row in answer["overrides"]]
    print("\n".join(rows) if rows else "Nothing is overridden.")
    return 0


def _stands(options: Namespace, verb: str, done: str, **more: object) -> int:
    """An override: say its number and how long it stands."""

    def said(answer: Answer) -> str:
        minutes = round(answer["for_s"] / 60)
        return f"{done} Override {answer['id']}, for {minutes} min; stopline overrides cancel {answer['id']} ends it."

    return change(options, verb, said, **({} if options.for_s is None else {"for_s": options.for_s}), **more)

"""A verb that cannot be carried out: one sentence and an exit code."""

EX_DATAERR = 65
EX_NOINPUT = 66
EX_UNAVAILABLE = 69
EX_CANTCREAT = 73


class Refusal(Exception):
    """What went wrong, where, what to do; the command ends with `code`."""

    def __init__(self, code: int, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code

"""Words that stand in the file and nowhere else."""

from enum import Enum


class FlashWord(Enum):
    """What a channel shows in flash. A pedestrian channel is dark, or steady don't walk."""

    RED = "red"
    YELLOW = "yellow"
    DARK = "dark"
    DONT_WALK = "dont-walk"

"""Stopline, the controller: from detector samples to permitted lamp images.

`edge` holds the controller, `drivers` the hardware. Both packages come from one distribution and carry the same
marker, so that a foreign package called `drivers` on the path is noticed at start.
"""

__version__ = "0.1.0"
DISTRIBUTION = "stopline"

"""What the cabinet speaks: one module a device family, opened by the name its `driver:` key carries in the site file.

How to write a driver is told in docs/drivers.md; the two faces it may show are in `drivers.base`.
"""

DISTRIBUTION = "stopline"

"""What every test of the monitor may ask for."""

import pytest

from tests.safety.streets import Street


@pytest.fixture
def street() -> Street:
    """A street on which any first green is permitted."""
    opened = Street()
    opened.start()
    return opened

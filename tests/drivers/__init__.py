"""Tests of the drivers. The contract suites tell what they compared, as test modules do."""

import pytest

pytest.register_assert_rewrite("tests.drivers.benches", "tests.drivers.contract", "tests.drivers.contract_lamps")

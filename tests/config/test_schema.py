"""The schema that editors use is the one the reader was made from."""

import json
from typing import Any

import pytest

from edge.config.schema import render
from tests.config.examples import FOLDER


def test_the_shipped_schema_is_in_step_with_the_reader() -> None:
    shipped = (FOLDER / "intersection.schema.json").read_text("utf-8")
    assert shipped == render(), "run: python -m edge.config.schema > config/intersection.schema.json"


def nodes(node: object) -> list[dict[str, Any]]:
    if isinstance(node, list):
        return [found for item in node for found in nodes(item)]
    if not isinstance(node, dict):
        return []
    return [node, *(found for item in node.values() for found in nodes(item))]


def test_no_table_lets_an_unknown_key_through() -> None:
    schema = json.loads(render())
    tables = [node for node in nodes(schema) if "properties" in node and isinstance(node.get("type"), str)]
    assert len(tables) > 20
    assert all(node["additionalProperties"] is False for node in tables)


@pytest.mark.parametrize(
    ("row", "key"), [("PhaseRow", "yellow"), ("ModbusRow", "watchdog"), ("OptionsRow", "red_revert")]
)
def test_every_setting_carries_its_meaning_in_the_units_of_the_file(row: str, key: str) -> None:
    setting = json.loads(render())["$defs"][row]["properties"][key]
    assert setting["description"].endswith(".")
    assert setting["type"] == "number"
    assert setting["maximum"] < 100
    assert setting.get("default", 0) < 100

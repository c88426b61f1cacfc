"""The JSON Schema of the site file, for editors. `python -m edge.config.schema > config/intersection.schema.json`."""

import json
import sys
from typing import Any

from edge.config.rows import SiteFile


def render() -> str:
    """The schema as JSON text, as shipped in `config/intersection.schema.json`."""
    schema = SiteFile.model_json_schema(by_alias=True)
    _close(schema)
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "Stopline intersection",
        "description": "One intersection; see docs/site-file.md.",
    }
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def _close(node: Any) -> None:  # noqa: ANN401 - JSON
    """Numbered tables take numbers only; titles that repeat the keys and defaults that say nothing go."""
    if isinstance(node, list):
        for item in node:
            _close(item)
    elif isinstance(node, dict):
        if "patternProperties" in node:
            node["additionalProperties"] = False
        if isinstance(node.get("title"), str):
            del node["title"]
        if "default" in node and node["default"] is None:
            del node["default"]
        for item in node.values():
            _close(item)


if __name__ == "__main__":
    sys.stdout.write(render())

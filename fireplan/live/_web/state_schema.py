"""What the live view sends, described for those who read it: a JSON schema made from the types of the state."""

from __future__ import annotations

import ast
import inspect
from itertools import pairwise
from typing import Any

from pydantic import TypeAdapter

from fireplan.live._web.event_schema import DIALECT, Untitled
from fireplan.operations import live_state


def state_schema() -> dict[str, Any]:
    """
    Describe what is sent.

    Returns
    -------
    A JSON schema (2020-12) of the state, of its updates and of the ground: what GET /api/state, the messages of
    GET /api/stream and GET /api/ground give. No key but those named is sent. Made from `operations.live_state`.
    """
    sent = (live_state.State, live_state.Update, live_state.Ground)
    asked = [(kind.__name__, "serialization", TypeAdapter(kind)) for kind in sent]
    _, made = TypeAdapter.json_schemas(asked, schema_generator=Untitled)  # type: ignore[arg-type]
    for name, meant in _meanings().items():
        for key, said in made["$defs"].get(name, {"properties": {}})["properties"].items():
            said["description"] = meant.get(key) or said["description"]
    return {
        "$schema": DIALECT,
        "title": "What the live view sends",
        "description": "Instants are milliseconds since 1970, UTC; places are longitude and latitude, WGS 84; null is "
        "what is not known.",
        "oneOf": [{"$ref": f"#/$defs/{kind.__name__}"} for kind in sent],
        "$defs": made["$defs"],
    }


def _meanings() -> dict[str, dict[str, str]]:
    """Read what each key means from the words under it; pydantic's reading leaves out what a type inherits."""
    read: dict[str, dict[str, str]] = {}
    for node in ast.parse(inspect.getsource(live_state)).body:
        if isinstance(node, ast.ClassDef):
            meant = read[node.name] = {}
            for base in node.bases:
                meant.update(read.get(ast.unparse(base), {}))
            for key, words in pairwise(node.body):
                if isinstance(key, ast.AnnAssign) and isinstance(words, ast.Expr):
                    meant[ast.unparse(key.target)] = inspect.cleandoc(ast.literal_eval(words.value))
    return read

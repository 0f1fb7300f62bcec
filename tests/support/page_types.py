"""Types for the page's JavaScript, from the JSON schema of what the service sends."""

import json

HEAD = """\
// Made from docs/state.schema.json by tests/support/page_types.py; tests/page/test_page.py says how to write it anew.

"""


def types_of(schema):
    """Write the schema's objects as interfaces of the namespace `Live`."""
    made = [_interface(name, said) for name, said in sorted(schema["$defs"].items())]
    return HEAD + "declare namespace Live {\n" + "\n".join(made) + "}\n"


def _interface(name, said):
    lines = [f"  /** {said['description']} */", f"  interface {name} {{"]
    for key, kind in said["properties"].items():
        there = "" if key in said["required"] else "?"
        lines += [f"    /** {kind['description']} */", f"    {json.dumps(key)}{there}: {_kind(kind)};"]
    return "\n".join([*lines, "  }", ""])


def _kind(said):
    """Write one kind of value; one that is not known here is an error, so that none is passed over."""
    if "$ref" in said:
        return said["$ref"].rpartition("/")[2]
    if "anyOf" in said:
        return " | ".join(_kind(one) for one in said["anyOf"])
    if "enum" in said:
        return " | ".join(json.dumps(word) for word in said["enum"])
    if said["type"] == "array":
        return f"Array<{_kind(said['items'])}>"
    if said["type"] == "object":
        return f"Record<string, {_kind(said['additionalProperties'])}>"
    return {"integer": "number", "number": "number", "string": "string", "boolean": "boolean", "null": "null"}[
        said["type"]
    ]

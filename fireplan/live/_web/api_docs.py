"""The page that describes the service: made here, from its OpenAPI document, and loading nothing."""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from fireplan._html_escape import escape
from fireplan.live._web.access import may
from fireplan.live._web.event_schema import EXAMPLES, event_schema
from fireplan.live._web.limits_and_headers import policy_of
from fireplan.live._web.openapi import Door
from fireplan.live._web.request_models import JSON
from fireplan.live._web.streaming import as_json
from fireplan.live._web.tokens import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from starlette.requests import Request

SCHEMA = "application/schema+json"

STYLE = """
:root { color-scheme: light dark; }
body { --rule: color-mix(in srgb, currentColor 30%, transparent);
  --wash: color-mix(in srgb, currentColor 8%, transparent); }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 0 auto; padding: 1rem; }
h1, h2, h3 { line-height: 1.2; } h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--rule); }
h3 { margin: 2rem 0 .3rem; } h3 code { font-size: 1rem; }
code, pre { font-family: ui-monospace, monospace; font-size: .9rem; overflow-wrap: anywhere; }
pre { background: var(--wash); padding: .7rem; overflow-x: auto; border-radius: 4px; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; vertical-align: top; padding: .3rem .6rem;
  border-bottom: 1px solid var(--rule); } .who { font-size: .9rem; opacity: .8; margin: 0; }
"""

ROLES = (
    ("viewer", "reads: the page, the state, the stream, past events without addresses, the project."),
    ("operator", "reads, with addresses; posts events and moves, notes alerts as seen, sets the clock of a replay."),
    ("feed", "posts events to /api/events, and nothing else."),
)

NEEDED = (
    "Every request needs a token: <code>Authorization: Bearer TOKEN</code>, or the cookie of a browser that is logged "
    "in. Without one every path answers 403, whether there is something at it or not."
)
POSTED = "http://127.0.0.1:8000/api/events -H 'Authorization: Bearer FEED_TOKEN'"
SPAN = "http://127.0.0.1:8000/api/events?start=1751353200000&end=1751439600000"
CURL = (
    (
        "Post one event",
        f"curl -sS {POSTED} \\\n  -H 'Content-Type: application/json' --data '{json.dumps(EXAMPLES[0])}'",
    ),
    (
        "Post a file of events, one a line",
        f"curl -sS {POSTED} \\\n  -H 'Content-Type: application/x-ndjson' --data-binary @events.jsonl",
    ),
    (
        "Read the state",
        "curl -sS http://127.0.0.1:8000/api/state -H 'Authorization: Bearer VIEWER_TOKEN'",
    ),
    (
        "Follow every update",
        "curl -sSN http://127.0.0.1:8000/api/stream -H 'Authorization: Bearer VIEWER_TOKEN'",
    ),
    (
        "Keep the events of a span (milliseconds since 1970, UTC)",
        f"curl -sS '{SPAN}' \\\n  -H 'Authorization: Bearer OPERATOR_TOKEN' -o events.jsonl",
    ),
)


class DocsRoutes:
    """
    The routes that describe all others; what they give is written when it is first asked for.

    Parameters
    ----------
    openapi
        Makes the OpenAPI document.
    """

    def __init__(self, openapi: Callable[[], Mapping[str, Any]]) -> None:
        self._openapi = openapi

    def routes(self) -> list[Door]:
        """Give them."""
        schema = "JSON Schema 2020-12 of what is posted to /api/events."
        return [
            Door("GET", "/api/schema", self.schema, "JSON schema of an event", description=schema, gives=SCHEMA),
            Door("GET", "/openapi.json", self.openapi),
            Door("GET", "/docs", self.docs),
        ]

    async def schema(self, _request: Request) -> Response:
        """Give the schema of an event."""
        return Response(self._schema, media_type=SCHEMA)

    async def openapi(self, _request: Request) -> Response:
        """Give the OpenAPI document."""
        return Response(self._document, media_type=JSON)

    async def docs(self, _request: Request) -> Response:
        """Give the page that describes all of this."""
        headers = {"content-security-policy": policy_of(self._page)}
        return Response(self._page, media_type="text/html", headers=headers)

    @cached_property
    def _schema(self) -> bytes:
        return as_json(event_schema())

    @cached_property
    def _document(self) -> bytes:
        return as_json(self._openapi())

    @cached_property
    def _page(self) -> str:
        return docs_page(self._openapi(), event_schema())


def docs_page(openapi: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """
    Write the page.

    Parameters
    ----------
    openapi
        The OpenAPI document of the service.
    schema
        The JSON schema of an event.
    """
    title = escape(openapi["info"]["title"])
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        f"<title>{title}: interface</title>",
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body><main>',
        f"<h1>{title}: interface</h1>",
        f"<p>{escape(openapi['info'].get('description', ''))}</p>",
        '<p>For programs: <a href="/openapi.json">OpenAPI</a>, <a href="/api/schema">JSON schema of an event</a>.</p>',
        "<h2>Who may do what</h2>",
        f"<p>{NEEDED}</p>",
        _table(("role", "may"), ROLES),
        "<h2>Routes</h2>",
        *_routes(openapi),
        "<h2>An event</h2>",
        f"<p>{escape(schema['description'])}</p>",
        _table(("field", "needed", "what it is", "kind"), _fields(schema)),
        "<h3>Examples</h3>",
        *(f"<pre>{escape(json.dumps(example))}</pre>" for example in schema["examples"]),
        "<h2>With curl</h2>",
        *(f"<h3>{escape(what)}</h3>{_pre(command)}" for what, command in CURL),
        "</main></body></html>",
    ]
    return "\n".join(parts)


def _routes(openapi: Mapping[str, Any]) -> Iterator[str]:
    for path, methods in openapi["paths"].items():
        for method, route in methods.items():
            yield f"<h3><code>{method.upper()} {escape(path)}</code> {escape(route.get('summary', ''))}</h3>"
            yield f'<p class="who">{_who(method.upper(), path, route)}</p>'
            if route.get("description"):
                yield f"<p>{escape(route['description'])}</p>"
            takes = [(f"?{p['name']}=", p.get("description", "")) for p in route.get("parameters", [])]
            takes += [("body", kind) for kind in route.get("requestBody", {}).get("content", {})]
            if takes:
                yield _table(("takes", ""), takes)
            yield _table(("answers", ""), _answers(route))


def _who(method: str, path: str, route: Mapping[str, Any]) -> str:
    if route.get("security") == []:
        return "anyone"
    return ", ".join(role for role in Role if may(role, method, path))


def _answers(route: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for status, answer in sorted(route["responses"].items()):
        kinds = ", ".join(answer.get("content", {}))
        yield status, " ".join(text for text in (answer.get("description", ""), kinds) if text)


def _fields(schema: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    needed_by: dict[str, list[str]] = {}
    for rule in schema["allOf"]:
        for field in rule["then"]["required"]:
            needed_by.setdefault(field, []).extend(rule["if"]["properties"]["type"]["enum"])
    for name, said in schema["properties"].items():
        needed = "always" if name in schema["required"] else ", ".join(needed_by.get(name, []))
        yield name, needed, said["description"], _kind(said)


def _kind(said: Mapping[str, Any]) -> str:
    if "anyOf" in said:
        return " or ".join(_kind(one) for one in said["anyOf"])
    if "enum" in said:
        return "one of these texts"
    words: str = said["type"]
    if "maxLength" in said:
        words += f", up to {said['maxLength']} characters"
    if "maximum" in said:
        words += f", {said['minimum']:g} to {said['maximum']:g}"
    return words


def _table(heads: tuple[str, ...], rows: Any) -> str:  # noqa: ANN401 - rows of texts
    head = "".join(f'<th scope="col">{escape(h)}</th>' for h in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _pre(command: str) -> str:
    return "<pre>" + "\n".join(escape(line) for line in command.split("\n")) + "</pre>"

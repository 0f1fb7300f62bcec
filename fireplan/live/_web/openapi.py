"""Routes that say what they are for, and the OpenAPI document made from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from fireplan.live._web.event_schema import Untitled
from fireplan.live._web.request_models import JSON
from fireplan.live._web.sessions import COOKIE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pydantic import BaseModel
    from starlette.routing import BaseRoute

SCHEMES = {
    "token": {"type": "http", "scheme": "bearer"},
    "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
}
ALWAYS = {
    403: "No token, or not for this role.",
    422: "Something in it cannot be used; the answer says what.",
    429: "Too many wrong tokens came of late, and this is one of them: a right one passes at any time.",
}


class Door(Route):
    """
    A route with its description. It answers to the methods named and to no other, HEAD neither.

    Parameters
    ----------
    method
        GET, POST; or more, with blanks between.
    path, endpoint
        As for Starlette's `Route`.
    summary
        What it is for; "": the document is silent on it.
    description
        What else there is to say.
    gives
        Media type of the answer; None: it has no body.
    answers
        What each status means, besides those that every route may answer with.
    query
        The query it takes.
    body
        Schema of the body it takes, by media type.
    is_open
        It needs no token.
    """

    def __init__(  # noqa: PLR0913 - one for each thing that is told
        self,
        method: str,
        path: str,
        endpoint: Callable[..., Any],
        summary: str = "",
        *,
        description: str = "",
        gives: str | None = JSON,
        answers: Mapping[int, str] | None = None,
        query: type[BaseModel] | None = None,
        body: Mapping[str, Any] | None = None,
        is_open: bool = False,
    ) -> None:
        super().__init__(path, endpoint, include_in_schema=bool(summary))
        self.methods = set(method.split())
        self.summary, self.description, self.gives, self.is_open = summary, description, gives, is_open
        self.answers, self.query, self.body = dict(answers or {}), query, body

    def described(self) -> dict[str, Any]:
        """Describe it, as an operation of OpenAPI."""
        done = "What was asked for." if "GET" in (self.methods or ()) else "Done."
        answers: dict[int, str] = {200 if self.gives else 204: done} | ALWAYS | self.answers
        said: dict[str, Any] = {"summary": self.summary, "description": self.description}
        said["responses"] = {str(status): {"description": text} for status, text in sorted(answers.items())}
        if self.gives:
            said["responses"]["200"]["content"] = {self.gives: {}}
        takes = [_taken(name, "path", {"type": "string"}) for name in self.param_convertors]
        if self.query is not None:
            takes += [_taken(name, "query", schema) for name, schema in schema_of(self.query)["properties"].items()]
        if takes:
            said["parameters"] = takes
        if self.body is not None:
            content = {kind: {"schema": schema} for kind, schema in self.body.items()}
            said["requestBody"] = {"required": True, "content": content}
        if self.is_open:
            said["security"] = []
        return said


def _taken(name: str, where: str, schema: dict[str, Any]) -> dict[str, Any]:
    meaning = {"description": schema["description"]} if "description" in schema else {}
    return {"name": name, "in": where, "required": where == "path", "schema": schema, **meaning}


def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """Give the JSON schema of what may be asked."""
    return model.model_json_schema(schema_generator=Untitled)


def openapi_of(routes: Iterable[BaseRoute], **info: str) -> dict[str, Any]:
    """
    Write the OpenAPI document.

    Parameters
    ----------
    routes
        Of the application.
    info
        Its `title`, `version` and `description`.
    """
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        if isinstance(route, Door) and route.include_in_schema:
            described = route.described()
            paths.setdefault(route.path_format, {}).update((name.lower(), described) for name in route.methods or ())
    return {
        "openapi": "3.1.0",
        "info": info,
        "paths": paths,
        "components": {"securitySchemes": SCHEMES},
        "security": [{name: []} for name in SCHEMES],
    }

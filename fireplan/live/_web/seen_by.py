"""What of the state each role is shown: addresses are for operators alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fireplan.live._web.tokens import Role

if TYPE_CHECKING:
    from collections.abc import Mapping


def as_seen_by(role: Role, said: Mapping[str, Any]) -> Mapping[str, Any]:
    """
    Give a state or an update as a role may see it.

    Parameters
    ----------
    role
        Who looks.
    said
        A state or an update. It is not changed.

    Returns
    -------
    The same object, if there is nothing in it that the role may not see; else one without.
    """
    if role is Role.OPERATOR or not any(incident.get("address") for incident in said.get("incidents", ())):
        return said
    return {**said, "incidents": [{**incident, "address": None} for incident in said["incidents"]]}

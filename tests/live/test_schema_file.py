"""The schema in docs is the one that the service gives."""

import json
from pathlib import Path

from fireplan.live.web.describing import event_schema

FILE = Path(__file__).resolve().parents[2] / "docs" / "event.schema.json"


def test_the_schema_in_docs_is_that_of_the_service():
    # To write it anew: FILE.write_text(json.dumps(event_schema(), indent=2) + "\n")
    assert json.loads(FILE.read_text(encoding="utf-8")) == event_schema()

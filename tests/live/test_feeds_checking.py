import json

from fireplan.live.feeds import TailedFile, check_feed


def test_x(tmp_path):
    path = tmp_path / "feed.jsonl"

    def write(events):
        with path.open("a") as file:
            file.writelines(json.dumps(event) + "\n" for event in events)

    def tear(event):
        line = json.dumps(event).encode()
        with path.open("ab") as file:
            file.write(line[:50])

        def finish():
            with path.open("ab") as file:
                file.write(line[50:] + b"\n")

        return finish

    check_feed(lambda: TailedFile(path), write, tear=tear)

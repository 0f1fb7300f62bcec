"""A made-up extract of any size, with all that a real one carries on its nodes, ways and relations."""

import random

import osmium

STEP_DEG = 0.001
WEST, SOUTH = -75.0, 40.0
CLASSES = ("residential",) * 6 + ("service", "footway", "track", "tertiary", "secondary", "primary", "cycleway", "path")


def write_grid(file, *, side, between=8, seed=1):
    """Write side x side junctions, with ways between neighbours that bend at so many nodes; give how many nodes."""
    rng = random.Random(seed)  # noqa: S311 - nothing secret
    places = [(WEST + i % side * STEP_DEG, SOUTH + i // side * STEP_DEG) for i in range(side * side)]
    ways = []
    for i in range(side * side):
        for j in [i + 1] * (i % side < side - 1) + [i + side] * (i // side < side - 1):
            inner = range(len(places), len(places) + between)
            (x, y), (u, v) = places[i], places[j]
            shares = [(k + 1) / (between + 1) for k in range(between)]
            places += [(x + (u - x) * s + rng.uniform(-5e-6, 5e-6), y + (v - y) * s) for s in shares]
            ways.append([i + 1, *(k + 1 for k in inner), j + 1])
    with osmium.SimpleWriter(str(file)) as out:
        make = osmium.osm.mutable
        for number, place in enumerate(places, start=1):
            out.add_node(make.Node(id=number, version=1, location=place, tags=_of_a_node(rng)))
        for number, refs in enumerate(ways, start=1):
            out.add_way(make.Way(id=number, version=1, nodes=refs, tags=_of_a_way(rng, number)))
        for number in range(1, len(ways) // 30):
            way = rng.randrange(1, len(ways))
            members = [("w", way, "from"), ("n", ways[way - 1][-1], "via"), ("w", way + 1, "to")]
            kind = rng.choice(["no_left_turn", "only_straight_on", "no_u_turn"])
            tags = {"type": "restriction", "restriction": kind}
            out.add_relation(make.Relation(id=number, version=1, members=members, tags=tags))
    return len(places)


def _of_a_node(rng):
    drawn = rng.random()
    if drawn < 0.01:
        return {"highway": "traffic_signals"}
    if drawn < 0.02:
        return {"barrier": rng.choice(["gate", "bollard", "lift_gate"])}
    if drawn < 0.03:
        return {"highway": "crossing", "crossing": "marked"}
    return {"natural": "tree"} if drawn < 0.1 else {}


def _of_a_way(rng, number):
    tags = {"highway": rng.choice(CLASSES), "name": f"Street {number % 5000}", "source": "survey",
            "surface": rng.choice(["asphalt", "gravel", "concrete"]), "lanes": str(rng.randint(1, 3))}  # fmt: skip
    if rng.random() < 0.4:
        tags["maxspeed"] = rng.choice(["25 mph", "30 mph", "35 mph", "50"])
    for share, key, values in (
        (0.1, "oneway", ["yes"]),
        (0.1, "ref", [f"A {number % 99}"]),
        (0.05, "access", ["private", "no", "permissive"]),
        (0.02, "bridge", ["yes"]),
        (0.02, "maxweight", ["3.5"]),
    ):
        if rng.random() < share:
            tags[key] = rng.choice(values)
    return tags

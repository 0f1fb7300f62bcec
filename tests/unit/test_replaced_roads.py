"""A network of which one thing was replaced is another network: nothing that was kept for the first answers for it."""

import dataclasses

import numpy as np

import fireplan as fp

TOWN = fp.examples.line_town()


def asked(scenario):
    """What depends on lengths, and what on classes of street."""
    zones = fp.assess(scenario, standard=fp.standards.NFPA_1710).zones
    return fp.measures.iso_distribution(scenario, weight="population")["within"].tolist(), zones["first_due_s"].tolist()


def test_lengths_and_classes_that_are_replaced_are_not_answered_for_by_the_old_ones():
    before = asked(TOWN)
    longer = dataclasses.replace(TOWN.roads, length_m=TOWN.roads.length_m * 100)
    # Every street but the first ten is a freeway: zones there are reached from the nearest street that is none.
    classes = np.where(np.arange(TOWN.roads.n_streets) < 10, TOWN.roads.highway, "motorway")
    freeways = dataclasses.replace(TOWN.roads, highway=classes)
    for roads in (longer, freeways):
        kept = asked(dataclasses.replace(TOWN, roads=roads))
        fresh = asked(fp.Scenario(roads, TOWN.stations, TOWN.units, TOWN.zones))
        assert kept == fresh
        assert kept != before

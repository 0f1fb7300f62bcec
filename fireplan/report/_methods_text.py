"""How figures are worked out, in a few lines; docs/methods.md says more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fireplan import wording

if TYPE_CHECKING:
    from fireplan.roads import RoadNetwork

TRAVEL = (
    "Modelled travel: the least driving time over the road network from the station to the place, one-way streets and"
    " road speeds as mapped or planned for the class of road [1]."
)

CALIBRATED = (
    "Modelled travel: the least driving time over the road network from the station to the place, along one-way streets"
    " as mapped [1], at what was learnt from dispatch records (see the chapter on drive times): each time is the median"
    " of such drives."
)
EXPECTED = (
    "Shares are expected over drives: each place counts by how likely help is there within the limit, so do gains and"
    " losses. Their intervals (95 %) are of drives as fitted to days drawn anew; what records leave out, and what"
    " changes, is not in them. What cannot be reached counts as outside."
)
YES_OR_NO = (
    "Shares: the weight within the limit over all weight whose place is known. What cannot be reached counts as"
    " outside."
)


def methods(roads: RoadNetwork | None, *, likely: bool = False) -> tuple[str, ...]:
    """
    Say how figures are worked out; of travel what the times of these roads hold, and what they do not.

    Parameters
    ----------
    roads
        What is driven; None: nothing.
    likely
        Whether places count by how likely they are reached in time.
    """
    learnt = roads is not None and roads.calibrated
    said = [] if roads is None else [wording.capital(f"{note}.") for note in roads.time_notes]
    turns = [] if roads is not None and roads.turns != "none" else ["turn delays"]
    if roads is not None and roads.periods:
        said.append(
            "Traffic and time of day stand in the table by period alone, as factors on speeds."
            if not learnt
            else "Hours of the day are all taken together; the table by period tells them apart."
        )
        left_out = turns
    else:
        left_out = [*turns, "traffic", "time of day"]
    said += [f"Not modelled: {', '.join(left_out)}."] if left_out else []
    return (
        " ".join([CALIBRATED if learnt else TRAVEL, *said]),
        METHODS[0],
        EXPECTED if likely else YES_OR_NO,
        *METHODS[1:],
    )


METHODS = (
    (
        "First due and force: all units at home and free. A force is complete when units, taken in order of"
        " arrival, have brought every kind of unit and all the people asked for."
    ),
    (
        "Percentiles: the least value that 90 % do not exceed (inverted_cdf), the only definition under which the"
        " 90th percentile is within a limit exactly when the share is at least 90 %."
    ),
    (
        "Intervals (95 %): of percentiles between two order statistics [2], of shares Wilson's [3]. Below ten"
        " records no figure is given."
    ),
    (
        "Distribution, concentration, reliability, baselines and benchmarks are meant as in the CPSE's standards"
        " of cover [4]."
    ),
    (
        "Gaps: zones outside the objective, of learnt drives by their median, grouped by DBSCAN on their points in"
        " metres, by weight [5]; the reason is a rule of thumb, not a survey."
    ),
    "Gains and losses: the same places with the weights of the first scenario, before and after.",
    (
        "Sites: maximal covering [6] and its kin, with a bound from a Lagrangian relaxation [7]; “optimal” means"
        " among these candidates, at these times, under this model. Robustness draws demand anew with replacement"
        " [8]."
    ),
)

REFERENCES = (
    (
        "[1] R. Dial, “Algorithm 360: shortest-path forest with topological ordering”, Communications of the ACM"
        " 12, 1969."
    ),
    "[2] G. J. Hahn and W. Q. Meeker, “Statistical intervals”, Wiley, 1991, chapter 5.",
    "[3] E. B. Wilson, “Probable inference, the law of succession, and statistical inference”, JASA 22, 1927.",
    ("[4] Center for Public Safety Excellence, standards of cover, 6th edition (as described at cpse.org, 2015)."),
    "[5] M. Ester and others, “A density-based algorithm for discovering clusters”, KDD 1996.",
    ("[6] R. Church and C. ReVelle, “The maximal covering location problem”, 1974 (cited from memory of the field)."),
    (
        "[7] R. Galvão and C. ReVelle, “A Lagrangean heuristic for the maximal covering location problem”, 1996"
        " (likewise)."
    ),
    "[8] B. Efron, “Bootstrap methods: another look at the jackknife”, 1979 (likewise).",
)

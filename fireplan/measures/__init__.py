"""What a plan achieves: shares within objectives, and where it falls short."""

from fireplan.measures.assessment import Assessment as Assessment
from fireplan.measures.assessment import assess as assess
from fireplan.measures.iso import by_distance as by_distance
from fireplan.measures.iso import iso_added_area as iso_added_area
from fireplan.measures.iso import iso_distribution as iso_distribution
from fireplan.measures.iso import iso_zones as iso_zones
from fireplan.measures.uncovered import gaps as gaps

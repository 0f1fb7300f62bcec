"""What a plan achieves: shares within objectives, and where it falls short."""

from fireplan.measures.assessment import Assessment as Assessment
from fireplan.measures.assessment import assess as assess
from fireplan.measures.uncovered import gaps as gaps

"""What the department did: response performance and why it fell short, workload, reliability."""

from fireplan.responding.achieved import performance as performance
from fireplan.responding.alternatives import sensitivity as sensitivity
from fireplan.responding.answered import reliability as reliability
from fireplan.responding.attendance import Attendance as Attendance
from fireplan.responding.attendance import History as History
from fireplan.responding.attendance import attend as attend
from fireplan.responding.commitments import concurrency as concurrency
from fireplan.responding.commitments import drawdown as drawdown
from fireplan.responding.commitments import hour_by_weekday as hour_by_weekday
from fireplan.responding.commitments import workload as workload
from fireplan.responding.differences import Period as Period
from fireplan.responding.differences import between as between
from fireplan.responding.differences import difference as difference
from fireplan.responding.differences import split as split
from fireplan.responding.groups import Shifts as Shifts
from fireplan.responding.missed import Missed as Missed
from fireplan.responding.missed import why_missed as why_missed
from fireplan.responding.policy import Policy as Policy
from fireplan.responding.sentences import baseline_sentences as baseline_sentences
from fireplan.responding.sentences import baselines as baselines

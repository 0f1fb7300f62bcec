"""What the department did: response performance, from who went to what."""

from fireplan.responding.attendance import Attendance as Attendance
from fireplan.responding.attendance import History as History
from fireplan.responding.attendance import attend as attend
from fireplan.responding.groups import Shifts as Shifts
from fireplan.responding.performance import performance as performance
from fireplan.responding.policy import Policy as Policy

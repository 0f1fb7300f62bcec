"""
Charts: what was measured, on one page each, for the screen and for print.

`chart` is the value that shows and saves itself; `sheet` is the page it is drawn on, with its words above and below;
`palette` holds the colours. `spread`, `weekly`, `grouped` and `bars` draw the tables of `fireplan.responding`,
`siting_charts` and `siting_runs` those of `fireplan.siting`. They compute nothing that the tables do not hold.
"""

from fireplan.charts.bars import reasons as reasons
from fireplan.charts.bars import workload as workload
from fireplan.charts.chart import About as About
from fireplan.charts.chart import Chart as Chart
from fireplan.charts.grouped import by_group as by_group
from fireplan.charts.grouped import by_month as by_month
from fireplan.charts.siting_charts import marginal_curve as marginal_curve
from fireplan.charts.siting_charts import trade_off as trade_off
from fireplan.charts.siting_runs import robustness as robustness
from fireplan.charts.spread import distribution as distribution
from fireplan.charts.weekly import hour_by_weekday as hour_by_weekday

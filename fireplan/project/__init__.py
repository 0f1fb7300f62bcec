"""A folder with plan.toml and tables, and the scenarios it holds."""

from fireplan.project.exports import write_csv as write_csv
from fireplan.project.exports import write_layers as write_layers
from fireplan.project.manifest import manifest as manifest
from fireplan.project.outputs import whole_outputs as whole_outputs
from fireplan.project.plan import Plan as Plan
from fireplan.project.plan import read_plan as read_plan
from fireplan.project.reading import Project as Project
from fireplan.project.reading import open_project as open_project
from fireplan.project.reading import read_project as read_project
from fireplan.project.sharing import write_tables as write_tables
from fireplan.project.writing import write_project as write_project

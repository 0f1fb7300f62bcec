"""The command line: thin commands over the library."""

from fireplan.cli.app import main as main

"""The command line: thin commands over the library."""

from fireplan._cli.app import main as main

"""Lets ``python -m fireplan`` be the command line."""

from fireplan._cli import main

if __name__ == "__main__":
    main()

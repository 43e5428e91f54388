"""`python -m utenza`."""

from utenza.cli.main import main

main()

"""`python -m fake_clickup`."""

from fake_clickup.cli import main

main()

"""`python -m fake_clickup`."""

from fake_clickup.cli import main

if __name__ == "__main__":
    main()

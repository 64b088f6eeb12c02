"""`python -m crosspost` is the same as the `crosspost` command."""

from crosspost.cli import main

if __name__ == "__main__":
    main()

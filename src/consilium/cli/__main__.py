"""`python -m consilium.cli`."""

from consilium.cli import main

if __name__ == "__main__":
    main()

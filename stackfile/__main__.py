"""`python -m stackfile` is `stack`."""

from stackfile.cli.main import run

if __name__ == "__main__":
    run()

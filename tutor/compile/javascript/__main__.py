"""Print the table of ops: what each is in JavaScript, or why it is not there."""

from tutor.compile.javascript.table import rows


def main() -> None:
    """Print a line an op; those that are not there come last."""
    for name, form, why in sorted(rows(), key=lambda row: bool(row[2])):
        print(f"{name:<26} {form or f'not there: {why}'}")


if __name__ == "__main__":
    main()

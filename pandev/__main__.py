"""The command `pandev`, which needs the extra `pandev`."""

from plugin_settings.extras import require_extra


def main() -> None:
    """Run the command line."""
    with require_extra("pandev", "pandev"):
        from pandev.cli import main as run  # noqa: PLC0415 - only here a failure is explained

        run()


if __name__ == "__main__":
    main()

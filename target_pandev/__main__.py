"""The command `target-pandev`, which needs the extra `target`."""

from plugin_settings.extras import require_extra


def main() -> None:
    """Run the command line."""
    with require_extra("target-pandev", "target"):
        from target_pandev.target import main as run  # noqa: PLC0415 - only here a failure is explained

        run()


if __name__ == "__main__":
    main()

"""The command `clickup-receiver`, which needs the extra `receiver`."""

from plugin_settings.extras import require_extra


def main() -> None:
    """Run the command line."""
    with require_extra("clickup-receiver", "receiver"):
        from clickup_receiver.cli import main as run  # noqa: PLC0415 - only here a failure is explained

        run()


if __name__ == "__main__":
    main()

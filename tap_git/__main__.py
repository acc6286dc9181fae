"""The command `tap-git`, which needs the extra `git`."""

from plugin_settings.extras import require_extra


def main() -> None:
    """Run the command line."""
    with require_extra("tap-git", "git"):
        from tap_git.tap import main as run  # noqa: PLC0415 - only here a failure is explained

        run()


if __name__ == "__main__":
    main()

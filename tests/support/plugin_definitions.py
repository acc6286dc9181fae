"""Write plugins/, one definition per plugin in the form of Meltano Hub: `make plugins`.

`meltano add --from-ref` takes such a file, also without an account at the Hub. Settings and
capabilities are those of meltano.yml, which tests compare with the code; those of the mapper, which
this repository's own pipeline does not need, are taken from the code.
https://docs.meltano.com/reference/plugin-definition-syntax
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mapper_completed_reads.mapper import MapperCompletedReads

PROJECT = Path(__file__).parents[2]
FOLDER = PROJECT / "plugins"
VARIANT = "pandev"
COPIED = ("name", "namespace", "label", "executable", "capabilities", "settings_group_validation")
"""What a definition has as meltano.yml has it, if it is there."""
SWEEP = """\
A sweep finds deletions. It is the same tap with a state of its own, for a nightly run:

`meltano add tap-clickup-sweep --plugin-type extractor --inherit-from tap-clickup`

`meltano config set tap-clickup-sweep sweep true`
"""
MAPPING = """\
A mapper runs by the name of one of its mappings, between an extractor and a loader. Add to it in
meltano.yml:

`mappings: [{name: mark-deletions, config: {rows: rows.sqlite}}]`

`meltano run tap-clickup mark-deletions target-postgres`
"""


@dataclass(frozen=True)
class Extra:
    """What the definition of a plugin has that meltano.yml has not."""

    kind: str
    extra: str
    description: str
    domain_url: str
    keywords: tuple[str, ...]
    page: str
    next_steps: str = ""


EXTRAS = {
    "tap-clickup": Extra(
        kind="extractors",
        extra="",
        description="Project management: tasks, time entries, sprints and spaces of ClickUp",
        domain_url="https://clickup.com",
        keywords=("api", "meltano_sdk", "project_management"),
        page="docs/reference/streams.md",
        next_steps=SWEEP,
    ),
    "tap-git": Extra(
        kind="extractors",
        extra="git",
        description="Repositories, branches and commits of local git clones, without their content",
        domain_url="https://git-scm.com",
        keywords=("meltano_sdk", "version_control"),
        page="docs/guides/git.md",
    ),
    "tap-ide": Extra(
        kind="extractors",
        extra="ide",
        description="Editor activity: PanDev's event files, heartbeats of WakaTime or Wakapi",
        domain_url="https://wakatime.com",
        keywords=("api", "meltano_sdk", "time_tracking"),
        page="docs/guides/editors.md",
    ),
    "mapper-completed-reads": Extra(
        kind="mappers",
        extra="",
        description="Deletions for any loader: completed reads set _sdc_deleted_at",
        domain_url="https://pandev-metrics.com",
        keywords=("meltano_sdk",),
        page="docs/guides/other-targets.md",
        next_steps=MAPPING,
    ),
    "target-pandev": Extra(
        kind="loaders",
        extra="target",
        description="PostgreSQL 15 or newer, or embedded, with views of tasks next to commits",
        domain_url="https://www.postgresql.org",
        keywords=("database", "meltano_sdk"),
        page="docs/explained/loading.md",
    ),
    "clickup-receiver": Extra(
        kind="utilities",
        extra="receiver",
        description="Webhooks of ClickUp, loaded by a Singer target within seconds",
        domain_url="https://clickup.com",
        keywords=("webhooks",),
        page="docs/reference/settings.md",
    ),
}


def read_declared() -> dict[str, dict[str, Any]]:
    """Return the plugins of meltano.yml by their names."""
    project = yaml.safe_load((PROJECT / "meltano.yml").read_text(encoding="utf-8"))
    return {plugin["name"]: plugin for kind in project["plugins"].values() for plugin in kind}


def declare_mapper() -> dict[str, Any]:
    """Return the mapper as meltano.yml would declare it."""
    mapper = MapperCompletedReads
    settings = mapper.config_jsonschema["properties"]
    return {
        "name": mapper.name,
        "namespace": "mapper_completed_reads",
        "label": "Completed reads",
        "executable": mapper.name,
        "capabilities": [capability.value for capability in mapper.capabilities],
        "settings_group_validation": [mapper.config_jsonschema["required"]],
        "settings": [
            {
                "name": name,
                "label": setting["title"],
                "kind": "string",  # Meltano cannot pass on a decimal from the environment
                **({"value": setting["default"]} if "default" in setting else {}),
                "description": setting["description"],
            }
            for name, setting in settings.items()
        ],
    }


def read_metadata() -> dict[str, Any]:
    """Return the metadata of the distribution."""
    text = (PROJECT / "pyproject.toml").read_text(encoding="utf-8")
    metadata: dict[str, Any] = tomllib.loads(text)["project"]
    return metadata


def define_setting(setting: dict[str, Any]) -> dict[str, Any]:
    """Return a setting as the Hub has it: it calls a password a sensitive string."""
    kind = setting["kind"].replace("password", "string")
    return {**setting, "kind": kind}


def define_plugin(
    declared: dict[str, Any], extra: Extra, metadata: dict[str, Any]
) -> dict[str, Any]:
    """Return the definition of a plugin."""
    repository = metadata["urls"]["Repository"]
    versions = [line.rpartition(" ")[2] for line in metadata["classifiers"] if ":: 3." in line]
    definition = {name: declared[name] for name in COPIED if name in declared}
    definition |= {
        "variant": VARIANT,
        "description": extra.description,
        "pip_url": metadata["name"] + (f"[{extra.extra}]" if extra.extra else ""),
        "repo": repository,
        "docs": f"{repository}/blob/main/{extra.page}",
        "domain_url": extra.domain_url,
        "keywords": list(extra.keywords),
        "maintenance_status": "active",
        "quality": "unknown",  # the Hub rates it
        "supported_python_versions": versions,
        "settings": [define_setting(setting) for setting in declared["settings"]],
    }
    if extra.next_steps:
        definition["next_steps"] = extra.next_steps
    return definition


def draw() -> dict[Path, str]:
    """Return the text of each definition, by its path in the repository."""
    declared = {**read_declared(), MapperCompletedReads.name: declare_mapper()}
    metadata = read_metadata()
    return {
        FOLDER / extra.kind / f"{name}--{VARIANT}.yml": yaml.safe_dump(
            define_plugin(declared[name], extra, metadata),
            sort_keys=False,
            allow_unicode=True,
            width=100,
        )
        for name, extra in EXTRAS.items()
    }


def main() -> None:
    """Write all definitions."""
    for path, text in draw().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

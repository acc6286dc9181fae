"""The definitions in plugins/ are current, and in the form that Meltano Hub requires."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml

from tests.support.plugin_definitions import EXTRAS, FOLDER, PROJECT, draw, read_declared

if TYPE_CHECKING:
    from pathlib import Path

FILES = sorted(FOLDER.rglob("*.yml"))
TEXT = {"type": "string", "minLength": 1}
TEXTS = {"type": "array", "items": TEXT, "minItems": 1}
KINDS = [
    "array",
    "boolean",
    "date_iso8601",
    "decimal",
    "email",
    "file",
    "integer",
    "object",
    "options",
    "string",
]
SETTING = {
    "type": "object",
    "required": ["name", "label", "kind", "description"],
    "additionalProperties": False,
    "properties": {
        "name": TEXT,
        "label": TEXT,
        "kind": {"enum": KINDS},
        "description": TEXT,
        "sensitive": {"type": "boolean"},
        "value": {},
    },
}
FORM: dict[str, Any] = {
    "type": "object",
    "required": ["name", "namespace", "variant", "label", "pip_url", "repo", "docs", "quality"],
    "additionalProperties": False,
    "properties": {
        **dict.fromkeys(["name", "namespace", "label", "executable", "description"], TEXT),
        **dict.fromkeys(["pip_url", "repo", "docs", "domain_url", "next_steps"], TEXT),
        "variant": {"const": "pandev"},
        "keywords": TEXTS,
        "maintenance_status": {"enum": ["active", "beta", "development", "inactive", "unknown"]},
        "quality": {"const": "unknown"},
        "supported_python_versions": {
            "type": "array",
            "items": {"type": "string", "pattern": r"^3\.\d+$"},
            "minItems": 1,
        },
        "settings": {"type": "array", "items": SETTING, "minItems": 1},
        "settings_group_validation": {"type": "array", "items": TEXTS},
    },
}
CAPABILITIES = {
    "extractors": ["about", "catalog", "discover", "state", "stream-maps", "structured-logging"],
    "loaders": [
        "about",
        "activate-version",
        "hard-delete",
        "schema-flattening",
        "soft-delete",
        "stream-maps",
        "structured-logging",
    ],
    "mappers": ["about", "structured-logging"],
    "utilities": [],
}
"""The Hub's words for the capabilities that our plugins of each type have."""


def read(path: Path) -> dict[str, Any]:
    definition: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return definition


def test_the_definitions_are_current() -> None:
    """After a change of meltano.yml or pyproject.toml `make plugins` writes them."""
    drawn = draw()
    assert sorted(drawn) == FILES
    for path, text in drawn.items():
        assert path.read_text(encoding="utf-8") == text, f"run make plugins: {path.name}"


def test_every_plugin_of_ours_has_a_definition() -> None:
    """Each command that Meltano can run; pandev and fake-clickup are for people and tests."""
    assert [path.relative_to(FOLDER).as_posix() for path in FILES] == [
        "extractors/tap-clickup--pandev.yml",
        "extractors/tap-git--pandev.yml",
        "extractors/tap-ide--pandev.yml",
        "loaders/target-pandev--pandev.yml",
        "mappers/mapper-completed-reads--pandev.yml",
        "utilities/clickup-receiver--pandev.yml",
    ]


def test_only_the_definitions_have_a_pip_url() -> None:
    """In this repository Meltano finds commands on PATH, so that it installs nothing of ours."""
    declared = read_declared()
    ours = EXTRAS.keys() & declared.keys()
    assert EXTRAS.keys() - ours == {"mapper-completed-reads"}
    assert [name for name in sorted(ours) if "pip_url" in declared[name]] == []
    assert [path.stem for path in FILES if not read(path)["pip_url"].startswith("pandev-")] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_definition_has_the_form_of_the_hub(path: Path) -> None:
    definition = read(path)
    assert sorted(definition.pop("capabilities", [])) == CAPABILITIES[path.parent.name]
    jsonschema.validate(definition, FORM)
    assert path.name == f"{definition['name']}--{definition['variant']}.yml"
    prefix = f"{definition['repo']}/blob/main/"
    assert definition["docs"].startswith(prefix)
    assert (PROJECT / definition["docs"].removeprefix(prefix)).is_file()


@pytest.mark.parametrize(
    "change", [{"quality": "gold"}, {"extra": 1}, {"settings": [{"name": "a", "kind": "password"}]}]
)
def test_another_form_is_refused(change: dict[str, Any]) -> None:
    definition = read(FILES[0])
    del definition["capabilities"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**definition, **change}, FORM)

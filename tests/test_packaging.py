"""What is published: the version, its changes, and what installs with it."""

import os
import re
import tomllib
from importlib.metadata import PackageNotFoundError, metadata, version

import pytest

import cache_provider
from tests import promises
from tests.slowness import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS = PROJECT["project"]["optional-dependencies"]
GROUPS: dict[str, list[str | dict[str, str]]] = PROJECT["dependency-groups"]
FOR_USERS = {"lua", "redis", "servers"}

_RELEASE = re.compile(r"^## \[(\d+\.\d+\.\d+)\] - (\d{4}-\d{2}-\d{2})$", re.MULTILINE)


def included(group: str) -> list[str]:
    """Return the requirements of a group, those of the groups that it includes too."""
    return [
        requirement
        for entry in GROUPS[group]
        for requirement in (included(entry["include-group"]) if isinstance(entry, dict) else [entry])
    ]


def test_the_version_is_that_of_the_last_release() -> None:
    """As the change log has it."""
    (latest, _day), *_ = _RELEASE.findall((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    assert cache_provider.__version__ == latest


def test_the_metadata_has_the_packages_version() -> None:
    """It is written down once."""
    assert version("cache-provider") == cache_provider.__version__


@pytest.mark.parametrize("name", sorted(set(EXTRAS) - FOR_USERS))
def test_what_developers_need_is_a_group_and_an_extra(name: str) -> None:
    """With the same requirements, for tools that know groups and for plain pip."""
    assert included(name) == EXTRAS[name]


@pytest.mark.parametrize("name", sorted(set(GROUPS) - {"dev"}))
def test_a_group_is_an_extra_too(name: str) -> None:
    """Except `dev`, which is made of others."""
    assert name in EXTRAS


@pytest.mark.parametrize("name", sorted(FOR_USERS & set(EXTRAS)))
def test_what_users_install_is_no_group(name: str) -> None:
    """Groups are not published."""
    assert name not in GROUPS


def test_no_link_of_the_published_readme_is_dead() -> None:
    """A relative one leads nowhere on the package index."""
    published = metadata("cache-provider")["Description"]
    assert [link for link in re.findall(r"\]\(([^)]+)\)", published) if not link.startswith("https://")] == []


def test_the_published_readme_is_this_one() -> None:
    """The links alone are left out."""
    published = metadata("cache-provider")["Description"]
    assert published.startswith("# cache_provider\n")


@pytest.mark.parametrize(
    "link", re.findall(r"\]\((?!https://)([^)#]+)", (ROOT / "README.md").read_text(encoding="utf-8"))
)
def test_a_link_of_the_readme_leads_to_a_file(link: str) -> None:
    """In the repository, where it is one."""
    assert (ROOT / link).exists()


def test_no_package_is_missing_that_was_promised() -> None:
    """Where none is, what needs it is skipped: races in libraries, and the door for them."""
    assert promises.missing(os.environ.get(promises.PACKAGES, "")) == []


def test_a_package_that_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def version_of(package: str) -> str:
        if package == "redis-lock-py":
            raise PackageNotFoundError(package)
        return version(package)

    def packages_of(extra: str) -> list[str]:
        del extra
        return ["redis", "redis-lock-py"]

    monkeypatch.setattr(promises, "version", version_of)
    monkeypatch.setattr(promises, "packages_of", packages_of)
    assert promises.missing("test") == ["redis-lock-py"]

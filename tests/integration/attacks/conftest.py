"""One platform for each module; nobody of it is trusted."""

from collections.abc import Iterator

import pytest

from tests.support.community import Community, Person, community


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Community]:
    with community(tmp_path_factory.mktemp("attacks")) as made:
        yield made


@pytest.fixture(scope="module")
def amina(platform: Community) -> Person:
    return platform.join("amina")


@pytest.fixture(scope="module")
def baraka(platform: Community) -> Person:
    return platform.join("baraka")


@pytest.fixture(scope="module")
def admin(platform: Community) -> Person:
    return platform.administrator()


@pytest.fixture(scope="module")
def officer(platform: Community, admin: Person) -> Person:
    return platform.promote(admin, platform.join("otieno"), "membership_officer")


@pytest.fixture(scope="module")
def moderator(platform: Community, admin: Person) -> Person:
    return platform.promote(admin, platform.join("mosi"))

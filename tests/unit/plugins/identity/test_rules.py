import pytest
from hypothesis import given
from hypothesis import strategies as some

from diramoja.core.errors import InvalidError
from diramoja.plugins.identity.rules import check_email, check_password, check_username, folded, network_of, roles_of


@pytest.mark.parametrize("name", ["amina", "Amina", "a_1", "x" * 30, "\uff21mina"])
def test_usernames_are_kept_case_folded(name: str) -> None:
    assert check_username(name) == check_username(check_username(name))


@pytest.mark.parametrize("name", ["Amina", "\uff21mina", "AMINA"])
def test_name_is_looked_for_as_it_is_kept(name: str) -> None:
    assert folded(name) == check_username(name)


@pytest.mark.parametrize("name", ["", "ab", "x" * 31, "1abc", "a b", "a.b", "admin", "ADMIN", "é" * 5, "a\x00b", "a-b"])
def test_bad_usernames_are_refused(name: str) -> None:
    with pytest.raises(InvalidError):
        check_username(name)


@given(some.text(max_size=300))
def test_an_accepted_address_has_one_at_and_a_domain(text: str) -> None:
    try:
        address = check_email(text)
    except InvalidError:
        return
    assert address.count("@") == 1
    assert "." in address.partition("@")[2]
    assert check_email(address) == address


@pytest.mark.parametrize(
    "address", ["", "a", "a@b", "@b.org", "a@b..org", "a@-b.org", "a b@c.org", "a@b.org\n", "a@b@c.org"]
)
def test_bad_addresses_are_refused(address: str) -> None:
    with pytest.raises(InvalidError):
        check_email(address if address != "a@b.org\n" else "a\n@b.org")


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:0:1:2:3:4:5", "2001:db8:0:1::"),
        ("2001:db8:0:1::9", "2001:db8:0:1::"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_tries_of_one_subscriber_count_together(address: str, network: str) -> None:
    assert network_of(address) == network


@pytest.mark.parametrize("password", ["short", "x" * 129, "password123", "aaaaaaaaaaaa"])
def test_bad_passwords_are_refused(password: str) -> None:
    with pytest.raises(InvalidError):
        check_password(password, 10)


def test_roles_follow_the_level_and_what_was_given() -> None:
    assert roles_of("supporter", "good", []) == {"guest", "supporter"}
    assert roles_of("member", "arrears", ["moderator"]) == {"guest", "supporter", "member", "moderator"}
    assert roles_of("leader", "suspended_by_body", ["admin"]) == {"guest", "supporter", "admin"}

"""Passkeys with real keys and signatures: in, second factor, proof; and everything that must not open (#17, #19, #23)."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from bihuan.kernel.access import credentials, passkeys, sessions, tokens
from bihuan.kernel.access.actors import actor_for, system
from bihuan.kernel.access.models import Challenge, Passkey
from bihuan.kernel.access.proof import prove
from bihuan.kernel.access.refusals import Invalid
from bihuan.kernel.testing.overlap import together

from .authenticator import Authenticator
from .conftest import PASSWORD, Browser, code_now, journal

pytestmark = [pytest.mark.django_db, pytest.mark.urls("bihuan.kernel.access.tests.urls"), pytest.mark.both]


@pytest.fixture(autouse=True)
def origin(settings):
    settings.ORIGIN = "https://bihuan.example"


def asked(browser, purpose):
    """What the page's module gets to have signed."""
    answer = browser.post("/passkeys/options/", {"purpose": purpose})
    assert answer.status_code == 200, answer.content.decode()
    return answer.json()


def add(browser, device, name="我的手机"):
    """Add *device* on the account page of whoever is signed in."""
    assert browser.post("/account/passkeys/new/", {"password": PASSWORD}).status_code == 302
    return browser.post("/account/passkeys/new/", {"name": name, "credential": device.make(asked(browser, "register"))})


@pytest.fixture
def device(browser, engineer):
    """A device of the engineer's, added; the browser is signed in."""
    browser.sign_in(engineer)
    device = Authenticator()
    assert add(browser, device)["Location"] == "/account/"
    return device


def data_of(entry):
    return json.loads(entry.body)["data"]


def enter(browser, answer):
    return browser.post("/login/passkey/", {"credential": answer})


def refused(answer):
    return answer.status_code == 422 and "通行密钥没有通过验证" in answer.content.decode()


def test_a_device_is_added_after_a_proof_and_named_on_the_account(browser, engineer, device):
    page = browser.get("/account/").content.decode()
    assert "我的手机" in page
    assert [data_of(entry)["name"] for entry in journal("passkey.add")] == ["我的手机"]
    kept = Passkey.objects.get()
    assert kept.person == engineer
    assert bytes(kept.public_key) == device._public()


def test_without_a_proof_no_device_is_added(browser, engineer):
    browser.sign_in(engineer)
    assert browser.post("/account/passkeys/new/", {"password": "wrong wrong"}).status_code == 422
    assert browser.post("/passkeys/options/", {"purpose": "register"}).status_code == 403
    assert browser.post("/account/passkeys/new/", {"name": "x", "credential": "{}"}).status_code == 422
    assert not Passkey.objects.exists()


def test_the_proof_for_adding_lasts_five_minutes(browser, engineer):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        browser.sign_in(engineer)
        browser.post("/account/passkeys/new/", {"password": PASSWORD})
        clock.shift(timedelta(minutes=5))
        assert browser.post("/passkeys/options/", {"purpose": "register"}).status_code == 403


def test_adding_and_removing_end_every_other_session_and_token_and_change_the_key(browser, other_browser, engineer):
    browser.sign_in(engineer)
    for act in (lambda: add(browser, Authenticator()), lambda: remove(browser, engineer)):
        other_browser.sign_in(engineer)
        before, clear = browser.session.session_key, tokens.issue(engineer, "呼叫中心")
        engineer.refresh_from_db()
        assert act().status_code == 302
        assert browser.who()
        assert browser.session.session_key != before
        assert other_browser.who() == ""
        assert tokens.holder(clear) is None
        engineer.refresh_from_db()


def remove(browser, person):
    return browser.post(f"/account/passkeys/{Passkey.objects.get(person=person).pk}/", {"remove": "1", "password": PASSWORD})


def test_a_passkey_alone_signs_in_and_counts_as_two_factors(other_browser, device, settings):
    settings.SECOND_FACTOR = True
    answer = other_browser.post("/login/passkey/?next=/whoami/", {"credential": device.sign(asked(other_browser, "signin"))})
    assert answer["Location"] == "/whoami/"
    assert other_browser.who().startswith("张伟")
    assert other_browser.session[sessions.SECOND] is True
    assert data_of(journal("signin")[-1])["second"] is True
    assert Passkey.objects.get().last_used_at is not None


def test_signing_in_tells_nobody_who_has_a_passkey(other_browser, device):
    assert asked(other_browser, "signin").get("allowCredentials", []) == []


def test_an_answer_opens_once(other_browser, device):
    answer = device.sign(asked(other_browser, "signin"))
    assert enter(other_browser, answer).status_code == 302
    assert refused(enter(Browser(), answer))


def test_a_challenge_is_good_for_five_minutes_and_one_answer(other_browser, device):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        options = asked(other_browser, "signin")
        clock.shift(timedelta(minutes=5))
        assert refused(enter(other_browser, device.sign(options)))
        options = asked(other_browser, "signin")
        assert enter(other_browser, device.sign(options)).status_code == 302
        assert refused(enter(Browser(), device.sign(options)))


def test_what_is_asked_is_kept_as_a_hash_and_tidied_up(other_browser, engineer):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        options = asked(other_browser, "signin")
        assert options["challenge"] not in Challenge.objects.get().digest
        clock.shift(timedelta(minutes=6))
        sessions.tidy()
        assert not Challenge.objects.exists()


@pytest.mark.parametrize(
    "false",
    [{"origin": "https://bihuan.example.evil.example"}, {"origin": "http://bihuan.example"}, {"host": "evil.example"}, {"verified": False}],
    ids=["another origin", "without TLS", "another site", "nobody was asked"],
)
def test_what_another_page_or_an_unasked_device_signed_opens_nothing(other_browser, device, false):
    for name, value in false.items():
        setattr(device, name, value)
    assert refused(enter(other_browser, device.sign(asked(other_browser, "signin"))))
    assert other_browser.who() == ""
    assert journal("signin.passkey-failed")


def test_a_challenge_that_was_not_ours_opens_nothing(other_browser, device):
    assert refused(enter(other_browser, device.sign({"challenge": "AAAAAAAAAAAAAAAAAAAAAA"})))


def test_a_challenge_for_another_purpose_opens_nothing(browser, other_browser, engineer, device):
    assert refused(enter(other_browser, device.sign(asked(browser, "prove"))))
    with pytest.raises(Invalid):
        prove(actor_for(engineer), device.sign(asked(other_browser, "signin")))


def test_another_key_under_the_same_name_opens_nothing(other_browser, device):
    thief = Authenticator()
    thief.id, thief.handle = device.id, device.handle
    assert refused(enter(other_browser, thief.sign(asked(other_browser, "signin"))))


def test_an_unknown_device_opens_nothing(other_browser, engineer):
    assert refused(enter(other_browser, Authenticator().sign(asked(other_browser, "signin"))))


@pytest.mark.parametrize(
    "answer", ["", "{}", "[]", "null", '{"id": 1}', '{"id": "x", "response": {}}', '{"id": "x", "response": {"clientDataJSON": "e30"}}', "x" * 9000, "[" * 7000]
)  # fmt: skip
def test_nonsense_opens_nothing(other_browser, engineer, answer):
    assert refused(enter(other_browser, answer))


def test_a_copied_key_is_noticed_by_its_counter(other_browser, device):
    assert enter(other_browser, device.sign(asked(other_browser, "signin"), count=7)).status_code == 302
    assert refused(enter(Browser(), device.sign(asked(other_browser, "signin"), count=7)))
    assert refused(enter(Browser(), device.sign(asked(other_browser, "signin"), count=3)))
    assert enter(Browser(), device.sign(asked(other_browser, "signin"), count=8)).status_code == 302


def test_a_leaver_s_passkey_opens_nothing(other_browser, engineer, device):
    type(engineer).objects.filter(pk=engineer.pk).update(is_active=False)
    assert refused(enter(other_browser, device.sign(asked(other_browser, "signin"))))


def test_a_removed_passkey_opens_nothing(browser, other_browser, engineer, device):
    options = asked(other_browser, "signin")
    remove(browser, engineer)
    assert refused(enter(other_browser, device.sign(options)))
    assert [data_of(entry)["name"] for entry in journal("passkey.remove")] == ["我的手机"]


def test_removal_asks_for_the_password_and_a_name_does_not(browser, device):
    pk = Passkey.objects.get().pk
    assert browser.post(f"/account/passkeys/{pk}/", {"remove": "1", "password": "wrong wrong"}).status_code == 422
    assert browser.post(f"/account/passkeys/{pk}/", {"name": "值班手机"}).status_code == 302
    assert Passkey.objects.get().name == "值班手机"
    assert data_of(journal("passkey.rename")[0]) == {"before": "我的手机", "after": "值班手机"}


def test_the_second_factor_may_be_a_passkey_of_ones_own(browser, other_browser, engineer, manager, device, authenticator):
    authenticator(engineer)
    stranger = Authenticator()
    manager_browser = Browser()
    manager_browser.sign_in(manager)
    add(manager_browser, stranger)
    other_browser.sign_in(engineer)
    assert other_browser.who() == ""
    options = asked(other_browser, "second")
    assert [one["id"] for one in options["allowCredentials"]] == [Passkey.objects.get(person=engineer).credential_id]
    assert refused(other_browser.give_code(stranger.sign(options)))
    assert other_browser.who() == ""
    assert other_browser.give_code(device.sign(asked(other_browser, "second"))).status_code == 302
    assert other_browser.who()


def test_nobody_is_asked_for_a_second_factor_or_a_proof_without_a_first(engineer):
    for purpose in ("second", "prove", "register"):
        assert Browser().post("/passkeys/options/", {"purpose": purpose}).status_code == 403


def test_a_proof_may_be_a_passkey_of_ones_own_and_counts_once(browser, engineer, manager, device):
    answer = device.sign(asked(browser, "prove"))
    assert prove(actor_for(engineer), answer).proved_at
    with pytest.raises(Invalid):
        prove(actor_for(engineer), answer)
    with pytest.raises(Invalid):
        prove(actor_for(manager), device.sign(asked(browser, "prove")))


def test_of_eight_who_send_one_answer_at_the_same_moment_one_comes_in(committed, browser, other_browser, engineer):
    browser.sign_in(engineer)
    device = Authenticator()
    add(browser, device)

    def opens(_number, answer):
        try:
            return passkeys.use(answer, passkeys.SIGN_IN) == engineer
        except Invalid:
            return False

    answers = together(8, opens, fresh=lambda: device.sign(asked(other_browser, "signin"))).results
    assert sorted(answers) == [False] * 7 + [True]


def test_where_the_site_has_no_name_passkeys_are_not_offered(browser, engineer, settings):
    settings.ORIGIN = "http://127.0.0.1:8000"
    assert browser.post("/passkeys/options/", {"purpose": "signin"}).status_code == 409
    assert "data-passkey" not in browser.get("/login/").content.decode()
    browser.sign_in(engineer)
    assert "/account/passkeys/" not in browser.get("/account/").content.decode()


def test_another_persons_passkey_is_answered_like_an_absent_one(device, manager):
    stranger = Browser()
    stranger.sign_in(manager)
    foreign, absent = (stranger.get(f"/account/passkeys/{pk}/") for pk in (Passkey.objects.get().pk, 987654))
    assert foreign.status_code == absent.status_code == 404


def test_who_lost_everything_keeps_no_passkey(other_browser, engineer, device):
    credentials.remove_second_factor(engineer, by=system("test"))
    assert not Passkey.objects.exists()
    assert refused(enter(other_browser, device.sign(asked(other_browser, "signin"))))


def test_ten_are_enough(browser, engineer):
    browser.sign_in(engineer)
    Passkey.objects.bulk_create(Passkey(person=engineer, name=str(n), credential_id=str(n), public_key=b"x") for n in range(passkeys.MOST))
    browser.post("/account/passkeys/new/", {"password": PASSWORD})
    assert browser.post("/passkeys/options/", {"purpose": "register"}).status_code == 409


def test_the_password_and_the_code_work_as_before(other_browser, engineer, device, authenticator):
    secret = authenticator(engineer)
    other_browser.sign_in(engineer)
    assert other_browser.give_code(code_now(secret)).status_code == 302
    assert json.loads(device.sign({"challenge": "AA"}))["type"] == "public-key"

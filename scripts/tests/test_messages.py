"""The check of the translation finds what is missing, guessed, or not compiled."""

import shutil

import pytest

from scripts import messages

pytestmark = pytest.mark.skipif(not shutil.which("msgfmt"), reason="translations skipped: no gettext found (apt-get install gettext)")
HEAD = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A package with two texts, translated and compiled."""
    monkeypatch.setattr(messages, "ROOT", tmp_path)
    (tmp_path / "bihuan/locale/en/LC_MESSAGES").mkdir(parents=True)
    write(tmp_path, 'from django.utils.translation import gettext as _\n\nONE = _("派工")\nTWO = _("第一行\\n第二行")\n')
    translate(tmp_path, {'"派工"': '"Dispatch"', '"第一行\\n第二行"': '"First line\\nsecond line"'})
    return tmp_path


def write(root, source):
    (root / "bihuan/service.py").write_text(source, encoding="utf-8")


def translate(root, pairs, build=True):
    catalogue = root / "bihuan" / messages.CATALOGUE
    catalogue.write_text(HEAD + "\n".join(f"msgid {text}\nmsgstr {english}\n" for text, english in pairs.items()), encoding="utf-8")
    if build:
        messages.compiled(catalogue, catalogue.with_suffix(".mo"))


def test_a_complete_and_compiled_translation_passes(project, capsys):
    assert messages.main(["--check"]) == 0
    assert "2 texts" in capsys.readouterr().out


def test_a_new_text_without_english_is_named(project, capsys):
    write(project, 'from django.utils.translation import gettext as _\n\nONE = _("派工")\nTWO = _("请填写\\n到场时间")\n')
    assert messages.main(["--check"]) == 1
    assert "到场时间" in capsys.readouterr().out


def test_an_english_text_that_was_not_compiled_is_found(project, capsys):
    translate(project, {'"派工"': '"Assignment"', '"第一行\\n第二行"': '"First line\\nsecond line"'}, build=False)
    assert messages.main(["--check"]) == 1
    assert "older" in capsys.readouterr().out


def test_a_guess_is_not_a_translation(project):
    catalogue = project / "bihuan" / messages.CATALOGUE
    catalogue.write_text(catalogue.read_text(encoding="utf-8").replace('msgid "派工"', '#, fuzzy\nmsgid "派工"'), encoding="utf-8")
    assert len(messages.untranslated(catalogue)) == 1


def test_without_a_catalogue_the_remedy_is_named(project, capsys):
    (project / "bihuan" / messages.CATALOGUE).unlink()
    assert messages.main(["--check"]) == 1
    assert "make messages" in capsys.readouterr().out


def test_collecting_keeps_translations_and_says_what_is_to_do(project, capsys):
    write(project, 'from django.utils.translation import gettext as _\n\nONE = _("派工")\nNEW = _("改派")\n')
    assert messages.main([]) == 0
    assert "1 translated, 1 to do" in capsys.readouterr().out
    assert "Dispatch" in (project / "bihuan" / messages.CATALOGUE).read_text(encoding="utf-8")

"""The verifier that needs nothing but Python: its tree, its Ed25519, and its verdict on an export in an empty folder (#52)."""

import hashlib
import json
import subprocess
import sys
import zipfile

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from bihuan.kernel.proof import verify_export as alone
from bihuan.kernel.proof.deliver import deliver
from bihuan.kernel.proof.export import export
from bihuan.kernel.proof.key import Signer, holds, new_key, signer
from bihuan.kernel.proof.seal import seal

RFC_8032 = [  # section 7.1: public key, message, signature
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]


@pytest.mark.parametrize("vector", RFC_8032)
def test_the_vectors_of_rfc_8032_hold_and_nothing_near_them(vector):
    public, message, signature = map(bytes.fromhex, vector)
    assert alone.ed25519_holds(public, message, signature)
    assert not alone.ed25519_holds(public, message + b"x", signature)
    for place in (0, 31, 32, 63):
        bent = bytearray(signature)
        bent[place] ^= 1
        assert not alone.ed25519_holds(public, message, bytes(bent))


def test_a_signature_with_a_larger_s_is_refused():
    """S + L verifies in sloppy implementations: then one signature has two texts."""
    public, message, signature = map(bytes.fromhex, RFC_8032[1])
    s = int.from_bytes(signature[32:], "little") + alone.L
    assert not alone.ed25519_holds(public, message, signature[:32] + s.to_bytes(32, "little"))


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200), st.integers(0, 511))
def test_pure_python_and_the_library_give_one_verdict(seed, message, bit):
    private = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = private.public_key().public_bytes_raw(), bytearray(private.sign(message))
    assert alone.ed25519_holds(public, message, bytes(signature))
    signature[bit // 8] ^= 1 << bit % 8
    assert alone.ed25519_holds(public, message, bytes(signature)) == holds(public, message, bytes(signature)) is False


def slow_root(leaves):
    """RFC 6962, 2.1, as it stands there."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return alone.node_hash(slow_root(leaves[:k]), slow_root(leaves[k:]))


@given(st.integers(0, 70), st.data())
def test_the_growing_tree_has_the_root_of_rfc_6962(count, data):
    leaves = [hashlib.sha256(bytes([0, number])).digest() for number in range(count)]
    stop = data.draw(st.integers(0, count))
    tree = alone.Tree()
    for leaf in leaves[:stop]:
        tree.add(leaf)
    tree = alone.Tree(tree.size, tree.peaks)  # put down and taken up again
    for leaf in leaves[stop:]:
        tree.add(leaf)
    assert tree.root() == slow_root(leaves)


def test_a_tree_with_the_wrong_number_of_peaks_is_refused():
    with pytest.raises(ValueError):
        alone.Tree(5, [bytes(32)])


def test_a_note_is_as_c2sp_writes_it_and_reads_back():
    by = Signer(new_key("example.com/journal"))
    note = by.note(alone.written("example.com/journal/3", 7, bytes(range(32)), "2026-11-22T08:00:00Z"))
    assert note.split("\n")[:5] == [
        "example.com/journal/3",
        "7",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "at 2026-11-22T08:00:00Z",
        "",
    ]
    one = alone.read_checkpoint(note.encode(), alone.read_key(str(by.key)))
    assert (one.chain, one.size, one.root, one.at) == ("3", 7, bytes(range(32)), "2026-11-22T08:00:00Z")
    assert alone.read_checkpoint(note.replace("\n", "\r\n").encode(), by.key).size == 7, "a mail program changed the line ends"


@pytest.mark.parametrize(
    ("old", "new"), [("\n7\n", "\n8\n"), ("08:00", "09:00"), ("/3\n", "/4\n"), ("— ", "- "), ("\n7\n", "\n07\n"), ("\n\n", "\n")]
)
def test_a_bent_note_is_refused(old, new):
    by = Signer(new_key("example.com/journal"))
    note = by.note(alone.written("example.com/journal/3", 7, bytes(32), "2026-11-22T08:00:00Z"))
    with pytest.raises(ValueError):
        alone.read_checkpoint(note.replace(old, new, 1).encode(), by.key)


def test_a_note_of_another_key_is_refused():
    text = alone.written("example.com/journal/3", 7, bytes(32), "2026-11-22T08:00:00Z")
    by, other = (Signer(new_key("example.com/journal")) for _each in range(2))
    with pytest.raises(ValueError):
        alone.read_checkpoint(other.note(text).encode(), by.key)


@pytest.mark.parametrize("text", ["", "name", "name+00000000+AQ==", "name+12345678+" + "A" * 44])
def test_what_is_no_public_key_is_refused(text):
    with pytest.raises(ValueError):
        alone.read_key(text)


# --- the export, in an empty folder ---


@pytest.fixture
def exported(company, settings, tmp_path):
    """An export, checkpoints kept elsewhere, and an empty folder to check in."""
    settings.CHECKPOINT_DIR = tmp_path / "elsewhere"
    company.signed()
    seal()
    company.registered()
    seal()
    deliver()
    (tmp_path / "empty").mkdir()
    export(tmp_path / "empty" / "export.zip")
    with zipfile.ZipFile(tmp_path / "empty" / "export.zip") as archive:
        archive.extract("verify_export.py", tmp_path / "empty")
    return tmp_path


def check(folder, *more):
    command = [sys.executable, "-I", "-S", "verify_export.py", "export.zip", *more]
    done = subprocess.run(command, cwd=folder / "empty", capture_output=True, text=True, env={}, timeout=60)
    return done.returncode, done.stdout + done.stderr


def bend(folder, name, change):
    """The export with *name* changed and the manifest made to fit, as someone would who wants it to pass."""
    file = folder / "empty" / "export.zip"
    with zipfile.ZipFile(file) as archive:
        contents = {one: archive.read(one) for one in archive.namelist()}
    contents[name] = change(contents[name])
    manifest = json.loads(contents["manifest.json"])
    manifest["files"] = {one: hashlib.sha256(contents[one]).hexdigest() for one in manifest["files"]}
    contents["manifest.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(file, "w") as archive:
        for one, content in contents.items():
            archive.writestr(one, content)


@pytest.mark.both
def test_an_honest_export_agrees_without_bihuan(exported):
    code, said = check(exported, "--key", str(signer().key), "--checkpoints", str(exported / "elsewhere"))
    assert code == 0, said
    assert "agrees" in said and "entries" in said
    assert check(exported)[0] == 0


def test_an_edited_line_is_named(exported, company):
    name = f"journal/{company.east.pk}.jsonl"
    bend(exported, name, lambda text: text.replace(rb"\u534e\u4e1c\u7cbe\u5bc6", rb"\u534e\u4e1c\u7cbe\u4e16", 1))
    code, said = check(exported)
    assert code == 1 and "内容被改过" in said and f"日志链 {company.east.pk}" in said


def test_a_chain_cut_short_is_found_by_its_checkpoint(exported, company):
    bend(exported, f"journal/{company.east.pk}.jsonl", lambda text: b"".join(text.splitlines(keepends=True)[:-2]))
    code, said = check(exported)
    assert code == 1 and "末尾被截去" in said


def test_a_chain_computed_anew_is_found(exported, company):
    def anew(text):
        out, before = [], alone.START
        for number, line in enumerate(text.splitlines()):
            row = json.loads(line)
            body = row["body"].replace('"channel":"web"', '"channel":"api"') if number == 2 else row["body"]
            row |= {"prev_hash": before, "body": body, "hash": alone.chain_hash(before, body.encode())}
            before = row["hash"]
            out.append(json.dumps(row))
        return ("\n".join(out) + "\n").encode()

    bend(exported, f"journal/{company.east.pk}.jsonl", anew)
    code, said = check(exported)
    assert code == 1 and "校验点不符" in said and "第 1 至" in said


def test_a_changed_file_in_the_package_is_named(exported):
    file = exported / "empty" / "export.zip"
    with pytest.warns(UserWarning), zipfile.ZipFile(file, "a") as archive:
        archive.writestr("README.txt", "something else")
    code, said = check(exported)
    assert code == 1 and "README.txt" in said


def test_checkpoints_of_another_key_are_no_proof(exported):
    code, said = check(exported, "--key", str(Signer(new_key(signer().key.name)).key))
    assert code != 0 and "不是由这把密钥签的" in said


def test_what_is_no_export_cannot_be_checked(exported):
    (exported / "empty" / "export.zip").write_bytes(b"PK\3\4 no")
    assert check(exported)[0] == 2


def test_a_slice_begins_at_a_checkpoint_and_agrees(exported, company):
    company.registered()
    seal()
    export(exported / "empty" / "export.zip", timezone.now())
    code, said = check(exported)
    assert code == 2 and "nothing to check" in said, "everything lies before the last checkpoint"
    company.registered()
    export(exported / "empty" / "export.zip", timezone.now())
    code, said = check(exported)
    assert code == 0, said


def test_the_verifier_needs_nothing_but_the_standard_library():
    import ast

    tree = ast.parse((alone.Path(alone.__file__)).read_text())
    modules = {name.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    modules |= {node.module.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert modules <= set(sys.stdlib_module_names)

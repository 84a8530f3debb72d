"""A real OpenLDAP server (Debian package slapd) with three people in it, for as long as a test session lasts."""

import contextlib
import datetime as dt
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bihuan.config.tests.program import free_port

BASE = "dc=example,dc=com"
READER, READER_PASSWORD = f"cn=reader,{BASE}", "may look, may not touch"
PASSWORD = "the companys password"
CONFIG = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
allow bind_anon_dn
pidfile {home}/pid
TLSCACertificateFile {home}/ca.pem
TLSCertificateFile {home}/cert.pem
TLSCertificateKeyFile {home}/key.pem
database mdb
suffix {base}
directory {home}/data
access to attrs=userPassword by anonymous auth by * none
access to * by dn="{reader}" read by * none
"""
PEOPLE = f"""
dn: {BASE}
objectClass: dcObject
objectClass: organization
dc: example
o: example

dn: {READER}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: {READER_PASSWORD}

dn: ou=people,{BASE}
objectClass: organizationalUnit
ou: people
""" + "".join(
    f"""
dn: uid={uid},ou=people,{BASE}
objectClass: inetOrgPerson
uid: {uid}
cn: {uid}
sn: {uid}
userPassword: {PASSWORD}
"""
    for uid in ("zhang.wei", "sun", "zhou")
)


def found():
    return shutil.which("slapd", path="/usr/sbin:/usr/local/sbin:/usr/local/libexec:/usr/bin")


class Directory:
    def __init__(self, home, plain, sealed):
        self.home, self.authority = home, str(home / "ca.pem")
        self.plain, self.sealed = f"ldap://localhost:{plain}", f"ldaps://localhost:{sealed}"
        self.desk = ("localhost", plain)
        self.by_address = f"ldaps://127.0.0.1:{sealed}"


def _certificate(home):
    """An authority, and a certificate of it for ``localhost`` alone."""
    now, keys = dt.datetime.now(dt.UTC), [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in ("authority", "localhost")]
    for which, file in ((0, "ca.pem"), (1, "cert.pem")):
        made = x509.CertificateBuilder(names[0], names[which], keys[which].public_key(), x509.random_serial_number())
        made = made.not_valid_before(now - dt.timedelta(hours=1)).not_valid_after(now + dt.timedelta(days=1))
        made = made.add_extension(x509.BasicConstraints(ca=which == 0, path_length=None), critical=True)
        if which:
            hosts = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.9"))]
            made = made.add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        (home / file).write_bytes(made.sign(keys[0], hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    (home / "key.pem").write_bytes(keys[1].private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))


@contextmanager
def running(home):
    (home / "data").mkdir()
    _certificate(home)
    config, people = home / "slapd.conf", home / "people.ldif"
    config.write_text(CONFIG.format(home=home, base=BASE, reader=READER))
    people.write_text(PEOPLE)
    here = Directory(home, free_port(), free_port())
    subprocess.run([found(), "-T", "add", "-f", str(config), "-l", str(people)], check=True, capture_output=True)
    with _served(config, f"{here.plain} {here.sealed}"):
        _wait(here)
        yield here


@contextmanager
def unencrypted(company):
    """The same directory once more, from a server that knows no encryption; its address."""
    lines = [line for line in (company.home / "slapd.conf").read_text().splitlines() if not line.startswith(("TLS", "pidfile"))]
    config, here = company.home / "plain.conf", Directory(company.home, free_port(), 0)
    config.write_text("\n".join(lines) + "\n")
    with _served(config, here.plain):
        _wait(here)
        yield here.plain


@contextmanager
def _served(config, addresses):
    server = subprocess.Popen([found(), "-h", addresses, "-f", str(config), "-d", "0"], stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        server.terminate()
        server.wait(10)


def _wait(here):
    for _try in range(200):
        with contextlib.suppress(OSError), socket.create_connection(here.desk, timeout=1):
            return
        time.sleep(0.05)
    raise AssertionError("slapd does not answer")


def says_yes_to_an_empty_password(here, dn):
    """Whether the server itself lets *dn* in without a password: a bind request by hand, for good libraries send none."""
    name = dn.encode()
    bind = b"\x02\x01\x03\x04" + bytes([len(name)]) + name + b"\x80\x00"
    message = b"\x02\x01\x01\x60" + bytes([len(bind)]) + bind
    with socket.create_connection(here.desk, timeout=5) as line:
        line.sendall(b"\x30" + bytes([len(message)]) + message)
        return line.recv(100)[7:10] == b"\x0a\x01\x00"

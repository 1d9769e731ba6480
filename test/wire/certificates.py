"""Certificates made on the fly: authorities, servers, clients; and a raw client that speaks TLS."""
import datetime
import ipaddress
import ssl

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from raw import Client

DAY = datetime.timedelta(days=1)


def _general_name(name):
    if "://" in name:
        return x509.UniformResourceIdentifier(name)
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


class Certificate:
    """A certificate with its key; without an issuer it signs itself and may sign others."""

    def __init__(self, *names, issuer=None, kind="ec", begins=-1, days=90, subject=None, authority=False):
        self.key = ec.generate_private_key(ec.SECP256R1()) if kind == "ec" else rsa.generate_private_key(65537, 2048)
        self.issuer = issuer
        now = datetime.datetime.utcnow()
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject or names[0])])
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(issuer.certificate.subject if issuer else name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + begins * DAY - DAY * (days < 0) * 30)
            .not_valid_after(now + days * DAY + datetime.timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=authority or not issuer, path_length=None), critical=True)
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName([_general_name(n) for n in names]), critical=False)
        self.certificate = builder.sign((issuer or self).key, hashes.SHA256())

    def pem(self):
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    def chain(self):
        """The certificate, then those that lead to, and do not include, the root."""
        return self.pem() + (self.issuer.chain() if self.issuer and self.issuer.issuer else "")

    def key_pem(self, passphrase=None):
        encryption = (
            serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
        )
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
        ).decode()

    def write(self, folder, name):
        """NAME.crt and NAME.key; gives the mapping that a configuration holds for them."""
        cert, key = folder / f"{name}.crt", folder / f"{name}.key"
        cert.write_text(self.chain())
        key.write_text(self.key_pem())
        return {"cert": str(cert), "key": str(key)}


def authority(name="Test CA"):
    return Certificate(subject=name)


def trusting(*authorities, client=None, folder=None, **options):
    """An SSLContext of a client that trusts these; `client`: the certificate that it shows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for each in authorities:
        context.load_verify_locations(cadata=each.pem())
    if client:
        files = client.write(folder, "client-of-test")
        context.load_cert_chain(files["cert"], files["key"])
    for option, value in options.items():
        setattr(context, option, value)
    return context


class TlsClient(Client):
    """raw.Client over TLS; the certificate must be good for `name`."""

    def __init__(self, address, context, name="a.example", session=None, **options):
        super().__init__(address, **options)
        self.plain = self.sock
        try:
            self.sock = context.wrap_socket(
                self.sock, server_hostname=name, session=session, suppress_ragged_eofs=False
            )
        except BaseException:
            self.plain.close()
            raise

    def shown(self):
        """The names of the certificate that the server showed."""
        return [value for _, value in self.sock.getpeercert()["subjectAltName"]]

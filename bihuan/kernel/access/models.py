"""What guards the door: sign-ins, recovery codes, API tokens, counted attempts, idempotency keys."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Token(models.Model):
    """A bearer token of a person, kept as a hash; it can do what its holder can, as of now."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="tokens")
    name = models.CharField(_("用途"), max_length=60)
    digest = models.CharField(max_length=64, unique=True)
    session_key_version = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(_("签发时间"), auto_now_add=True)
    expires_at = models.DateTimeField(_("有效期至"))
    last_used_on = models.DateField(_("最近使用"), null=True)
    revoked_at = models.DateTimeField(_("吊销时间"), null=True)

    class Meta:
        db_table = "access_token"


class Attempt(models.Model):
    """Failed sign-ins under one name or from one address, counted atomically; the count lapses by itself (#15)."""

    key = models.CharField(max_length=120, primary_key=True)
    count = models.PositiveIntegerField(default=0)
    until = models.DateTimeField()

    class Meta:
        db_table = "access_attempt"


class Idempotency(models.Model):
    """The first answer to a write that may be sent again. UNIQUE does the work: no check before the insert (#58, #59)."""

    person_id = models.BigIntegerField()
    key = models.CharField(max_length=80)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    answer = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "access_idempotency"
        constraints = [models.UniqueConstraint(fields=["person_id", "key"], name="key_once_per_person")]
        indexes = [models.Index(fields=["created_at"], name="idempotency_age")]


class SignIn(models.Model):
    """One signing-in on one device, for as long as it lasts: what its person sees and can end (ASVS 7.5.2)."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="sign_ins")
    session_key = models.CharField(max_length=40, unique=True)
    device = models.CharField(_("设备"), max_length=60, blank=True)
    address = models.CharField(_("网络地址"), max_length=45, blank=True)
    started_at = models.DateTimeField(_("登录时间"))
    seen_at = models.DateTimeField(_("最近使用"))

    class Meta:
        db_table = "access_sign_in"
        indexes = [models.Index(fields=["seen_at"], name="sign_in_seen")]


class RecoveryCode(models.Model):
    """A spare for a lost authenticator, kept as a salted hash; it opens once."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="recovery_codes")
    digest = models.CharField(max_length=128)
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "access_recovery_code"


class ResetRequest(models.Model):
    """Someone asked for a new password. The worker finds out whether there is such an account; the page cannot tell (#16)."""

    name = models.CharField(max_length=254)
    asked_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        db_table = "access_reset_request"


class Passkey(models.Model):
    """A key pair whose secret half never leaves its person's device (WebAuthn); here lies the public half."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="passkeys")
    name = models.CharField(_("名称"), max_length=60)
    credential_id = models.CharField(max_length=1400, unique=True)  # base64url
    public_key = models.BinaryField()  # COSE
    sign_count = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(_("添加时间"), auto_now_add=True)
    last_used_at = models.DateTimeField(_("最近使用"), null=True)

    class Meta:
        db_table = "access_passkey"


class Challenge(models.Model):
    """What a passkey was asked to sign: kept as a hash, for one purpose, taken away by its first use."""

    digest = models.CharField(max_length=64, primary_key=True)
    purpose = models.CharField(max_length=60)
    until = models.DateTimeField()

    class Meta:
        db_table = "access_challenge"
        indexes = [models.Index(fields=["until"], name="challenge_until")]

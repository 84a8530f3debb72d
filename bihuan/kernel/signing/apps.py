from django.apps import AppConfig


class SigningConfig(AppConfig):
    name = "bihuan.kernel.signing"
    label = "signing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from ..journal import protect

        protect.append_only("signing_signature", "seal")
        protect.append_only("signing_signaturevoid", "signature_id")

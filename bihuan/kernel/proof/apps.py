from django.apps import AppConfig


class ProofConfig(AppConfig):
    name = "bihuan.kernel.proof"
    label = "proof"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from ..journal.protect import append_only

        append_only("proof_checkpoint", "chain", "size")

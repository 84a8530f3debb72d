"""All routes. Who may reach each is told in kernel/testing/verdicts.py; a route without a verdict fails the build."""

from django.urls import include, path

urlpatterns = [
    path("api/v1/", include("bihuan.api.urls")),  # first, for machines ask most often and patterns are tried in turn
    path("", include("bihuan.kernel.access.urls")),
    path("", include("bihuan.kernel.tables.urls")),
    path("", include("bihuan.kernel.ui.urls")),
    path("", include("bihuan.kernel.notify.urls")),
    path("", include("bihuan.kernel.proof.urls")),
    path("files/", include("bihuan.kernel.files.urls")),
    path("", include("bihuan.kernel.lists.urls")),
    path("", include("bihuan.kernel.shelf.urls")),
    path("", include("bihuan.organisation.urls")),
    path("", include("bihuan.customers.urls")),
    path("", include("bihuan.equipment.urls")),
    path("", include("bihuan.service.urls")),
    path("", include("bihuan.quality.urls")),
    path("", include("bihuan.privacy.urls")),
    path("evidence/", include("bihuan.evidence.urls")),
    path("", include("bihuan.operations.urls")),
    path("my/", include("bihuan.field.urls")),
]

"""The API alone, at its own address."""

from django.urls import include, path

urlpatterns = [
    path("api/v1/", include("bihuan.api.urls")),
    path("files/", include("bihuan.kernel.files.urls")),
]

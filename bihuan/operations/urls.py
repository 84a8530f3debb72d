from django.urls import path

from . import probes, views

urlpatterns = [
    path("operations/", views.operations, name="operations"),
    path("healthz", probes.healthz, name="healthz"),
    path("readyz", probes.readyz, name="readyz"),
    path("metrics", probes.metrics, name="metrics"),
]

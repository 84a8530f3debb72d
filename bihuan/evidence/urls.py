from django.urls import path

from . import anomaly_views, entry_views, thread_views, views

urlpatterns = [
    path("", views.overview, name="evidence"),
    path("check/", views.check, name="evidence-check"),
    path("deviations/", views.deviations, name="deviations"),
    path("deviations/<int:key>/", views.deviation, name="deviation"),
    path("deviations/<int:key>/accept/", views.accept, name="deviation-accept"),
    path("deviations/<int:key>/nonconformity/", views.nonconformity, name="deviation-nonconformity"),
    path("anomalies/", anomaly_views.month, name="anomalies"),
    path("entries/<str:key>/", entry_views.entry, name="journal-entry"),
    path("threads/<str:number>/", thread_views.thread, name="thread"),
    path("threads/<str:number>/pack.zip", thread_views.thread_pack, name="thread-pack"),
    path("samples/", views.samples, name="samples"),
    path("samples/<int:key>/", views.sample, name="sample"),
    path("samples/<int:key>/pack.zip", views.sample_pack, name="sample-pack"),
    path("<str:form>/steps/<slug:name>/", views.step, name="evidence-step"),
    path("<str:form>/<str:name>/", views.rule, name="evidence-rule"),
]

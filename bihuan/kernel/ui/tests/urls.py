"""The gallery with one page below it that has a name of its own, for what depends on addresses."""

from django.urls import path

from bihuan.kernel.ui import views

urlpatterns = [
    path("gallery/", views.gallery, name="gallery"),
    path("gallery/worklist/", views.example, {"name": "worklist"}, name="worklist-example"),
]

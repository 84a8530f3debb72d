from django.urls import path

from . import views

urlpatterns = [
    path("gallery/", views.gallery, name="gallery"),
    path("gallery/<slug:name>/", views.example, name="gallery-example"),
]

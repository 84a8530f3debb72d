from django.urls import path

from . import views

urlpatterns = [
    path("shelf/", views.shelf, name="shelf"),
    path("shelf/<int:pk>/", views.item, name="shelf-item"),
    path("shelf/<int:pk>/take/", views.take, name="shelf-take"),
    path("shelf/<int:pk>/drop/", views.drop, name="shelf-drop"),
]

from django.urls import re_path

from . import views

app_name = "files"
urlpatterns = [
    re_path(r"^(?P<handle>[A-Za-z0-9_-]{32})/$", views.download, name="download"),
    re_path(r"^(?P<handle>[A-Za-z0-9_-]{32})/thumbnail/$", views.thumbnail, name="thumbnail"),
]

"""The lists, and what the pages around them link to."""

from django.http import HttpResponse
from django.urls import include, path

urlpatterns = [
    path("", include("bihuan.kernel.lists.urls")),
    path("login/", lambda request: HttpResponse("login"), name="login"),
    path("", lambda request: HttpResponse("home"), name="home"),
]

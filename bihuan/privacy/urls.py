from django.urls import path

from bihuan.kernel.lists.views import show

from . import views

urlpatterns = [
    path("person-requests/", show, {"code": "person-requests"}, name="person-requests"),
    path("person-requests/new/", views.new_request, name="new-person-request"),
    path("person-requests/<str:number>/copy.zip", views.copy, name="person-copy"),
]

from django.urls import path
from django.views.generic import RedirectView

from . import views

urlpatterns = [
    path("person-requests/", RedirectView.as_view(url="/lists/person-requests/"), name="person-requests"),
    path("person-requests/new/", views.new_request, name="new-person-request"),
    path("person-requests/<str:number>/copy.zip", views.copy, name="person-copy"),
]

from django.urls import path

from . import views

urlpatterns = [
    path("inbox/", views.inbox_page, name="inbox"),
    path("inbox/read/", views.read, name="inbox-read"),
    path("inbox/<int:pk>/", views.open_message, name="inbox-open"),
]

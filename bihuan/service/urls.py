from django.urls import path

from . import views

urlpatterns = [
    path("", views.home, name="home"),
    path("requests/new/", views.new_call, name="call"),
    path("requests/lookup/", views.lookup, name="call-lookup"),
    path("requests/<str:number>/order/", views.draft_order, name="draft-order"),
    path("approvals/", views.approvals, name="approvals"),
    path("board/", views.day_board, name="board"),
    path("overview/", views.overview, name="overview"),
    path("search/", views.search, name="search"),
]

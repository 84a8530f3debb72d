from django.urls import path

from . import record_views, views

urlpatterns = [
    path("", views.my_day, name="my-day"),
    path("bulletins/", views.acknowledge, name="my-acknowledge"),
    path("requests/<str:number>/", views.my_request, name="my-request"),
    path("orders/<str:number>/", views.my_order, name="my-order"),
    path("records/<str:number>/", record_views.my_record, name="my-record"),
    path("records/<str:number>/photos/<slug:kind>/", record_views.photos, name="my-photos"),
    path("records/<str:number>/sign/", record_views.sign, name="my-sign"),
    path("records/<str:number>/refuse/", record_views.refuse, name="my-refuse"),
    path("records/<str:number>/done/", record_views.done, name="my-done"),
    path("records/<str:number>/<slug:code>/", record_views.save_card, name="my-card"),
]

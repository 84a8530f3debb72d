from django.urls import path

from . import views

urlpatterns = [
    path("r/<str:number>/", views.record_page, name="record"),
    path("r/<str:number>/steps/<slug:name>/", views.step, name="step"),
    path("r/<str:number>/print/", views.record_print, name="print"),
    path("r/<str:number>/history/", views.record_history, name="history"),
    path("r/<str:number>/attach/", views.record_attach, name="attach"),
    path("procedures/", views.procedures, name="procedures"),
    path("procedures/<str:form>/", views.procedure_page, name="procedure"),
]

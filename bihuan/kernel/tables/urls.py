from django.urls import path

from . import past_views, uploads, views

urlpatterns = [
    path("r/<str:number>/", views.record_page, name="record"),
    path("r/<str:number>/steps/<slug:name>/", views.step, name="step"),
    path("r/<str:number>/print/", views.record_print, name="print"),
    path("r/<str:number>/history/", views.record_history, name="history"),
    path("r/<str:number>/as-of/", past_views.as_of, name="as-of"),
    path("r/<str:number>/attach/", views.record_attach, name="attach"),
    path("r/<str:number>/uploads/", uploads.announce, name="announce"),
    path("uploads/<str:handle>/", uploads.one, name="upload"),
    path("procedures/", views.procedures, name="procedures"),
    path("procedures/<str:form>/", views.procedure_page, name="procedure"),
    path("procedures/<str:form>/A-<int:number>/", past_views.revision, name="procedure-revision"),
]

from django.urls import path

from bihuan.kernel.lists.views import show

from .views import bulletins, catalogue, units

urlpatterns = [
    path("units/", show, {"code": "units"}, name="units"),
    path("units/new/", units.new_unit, name="unit-new"),
    path("units/<str:serial>/", units.unit, name="unit"),
    path("units/<str:serial>/edit/", units.edit_unit, name="unit-edit"),
    path("units/<str:serial>/warranty/", units.warranty, name="unit-warranty"),
    path("units/<str:serial>/label/", units.print_label, name="unit-label"),
    path("u/<str:token>/", units.public_unit, name="public-unit"),
    path("models/", show, {"code": "models"}, name="models"),
    path("models/new/", catalogue.new_model, name="model-new"),
    path("models/<int:pk>/", catalogue.model, name="model"),
    path("models/<int:pk>/edit/", catalogue.edit_model, name="model-edit"),
    path("lines/new/", catalogue.new_line, name="line-new"),
    path("lines/<str:code>/", catalogue.line, name="line"),
    path("lines/<str:code>/edit/", catalogue.edit_line, name="line-edit"),
    path("lines/<str:code>/terms/new/", catalogue.new_term, name="term-new"),
    path("bulletins/", show, {"code": "bulletins"}, name="bulletins"),
    path("bulletins/new/", bulletins.new_bulletin, name="bulletin-new"),
    path("bulletins/<str:number>/", bulletins.bulletin, name="bulletin"),
    path("bulletins/<str:number>/acknowledge/", bulletins.acknowledge, name="bulletin-acknowledge"),
    path("bulletins/<str:number>/withdraw/", bulletins.withdraw, name="bulletin-withdraw"),
]

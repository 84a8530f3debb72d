from django.urls import path, re_path

from . import import_views, views

app_name = "lists"
urlpatterns = [
    path("lists/<slug:code>/", views.show, name="list"),
    re_path(r"^lists/(?P<code>[-\w]+)/export\.(?P<format>xlsx|csv)$", views.download, name="export"),
    path("lists/<slug:code>/views/", views.views, name="views"),
    path("lists/<slug:code>/views/save/", views.save_view, name="save-view"),
    path("lists/<slug:code>/views/<int:view>/rename/", views.rename_view, name="rename-view"),
    path("lists/<slug:code>/views/<int:view>/delete/", views.delete_view, name="delete-view"),
    path("imports/<slug:kind>/", import_views.upload, name="import"),
    path("imports/<slug:kind>/template.xlsx", import_views.template, name="import-template"),
    path("imports/<slug:kind>/<int:run>/", import_views.preview, name="import-preview"),
    path("imports/<slug:kind>/<int:run>/confirm/", import_views.confirm, name="import-confirm"),
]

from django.urls import path

from bihuan.kernel.lists.views import show

from . import views

urlpatterns = [
    path("customers/", show, {"code": "customers"}, name="customers"),
    path("customers/new/", views.new_customer, name="customer-new"),
    path("customers/<str:number>/", views.customer, name="customer"),
    path("customers/<str:number>/edit/", views.edit_customer, name="customer-edit"),
    path("customers/<str:number>/sites/new/", views.new_site, name="site-new"),
    path("customers/<str:number>/contacts/new/", views.new_contact, name="contact-new"),
    path("sites/<int:pk>/edit/", views.edit_site, name="site-edit"),
    path("contacts/<int:pk>/edit/", views.edit_contact, name="contact-edit"),
    path("contacts/<int:pk>/off/", views.switch_contact, {"way": "off"}, name="contact-off"),
    path("contacts/<int:pk>/on/", views.switch_contact, {"way": "on"}, name="contact-on"),
]

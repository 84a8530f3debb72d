from django.urls import path

from . import views

urlpatterns = [path("r/<str:number>/nonconformity/", views.declare_on, name="declare-nonconformity")]

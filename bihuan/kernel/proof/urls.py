from django.urls import path

from .views import verify_print

urlpatterns = [path("verify/<str:token>/", verify_print, name="verify-print")]

"""Addresses of this subject."""

from django.urls import path

from consilium.web.weighing import views

app_name = "weighing"
urlpatterns = [
    path("compare", views.compared, name="compare"),
    path("simulate", views.simulated, name="simulate"),
]

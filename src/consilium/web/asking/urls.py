"""Addresses of this subject."""

from django.urls import path

from consilium.web.asking import views

app_name = "asking"
urlpatterns = [path("", views.ask_page, name="ask")]

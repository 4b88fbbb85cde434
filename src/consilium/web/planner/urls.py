"""Addresses of the planner."""

from django.urls import path

from consilium.web.planner import views

app_name = "planner"
urlpatterns = [
    path("", views.home, name="home"),
    path("plan", views.plan_page, name="plan"),
]

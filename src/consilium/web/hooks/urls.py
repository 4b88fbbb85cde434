"""Addresses that a record calls or opens."""

from django.urls import path

from consilium.web.hooks import launching, views

app_name = "hooks"
urlpatterns = [
    path("cds-services", views.services, name="services"),
    path("cds-services/<slug:name>", views.service, name="service"),
    path("cds-services/<slug:name>/feedback", views.feedback, name="feedback"),
    path("launch", launching.launch, name="launch"),
    path("launch/callback", launching.callback, name="callback"),
]

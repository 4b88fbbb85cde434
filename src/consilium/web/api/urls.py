"""Addresses of the API."""

from django.urls import path

from consilium.web.api.views import api, documentation, openapi

urlpatterns = [
    path("docs", documentation, name="api-docs"),
    path("v1/openapi.json", openapi, name="openapi"),
    path("v1/", api.urls),
]

"""Addresses of this subject."""

from django.urls import path

from consilium.web.evidence import views

app_name = "evidence"
urlpatterns = [
    path("", views.index, name="index"),
    path("changes", views.changes, name="changes"),
    path("<slug:kind>", views.listed, name="list"),
    path("trials/<slug:name>.png", views.trial_picture, name="trial-picture"),
    path("drugs/<slug:name>.png", views.drug_picture, name="drug-picture"),
    path("trials/<slug:name>/fit", views.trial_fit, name="fit"),
    path("<slug:kind>/<slug:name>", views.record, name="record"),
    path("<slug:kind>/<slug:name>/<slug:slot>", views.record, name="part"),
]

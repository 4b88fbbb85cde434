"""Addresses of the activities."""

from django.urls import path

from consilium.web.activity import cases, views

app_name = "activity"
urlpatterns = [
    path("", views.all_activities, name="list"),
    path("<slug:activity>/", views.about, name="about"),
    path("<slug:activity>/disclosures", views.disclosures, name="disclosures"),
    path("<slug:activity>/read", views.read, name="read"),
    path("<slug:activity>/questions/<slug:question>", views.question_page, name="question"),
    path("<slug:activity>/cases/<slug:case>", cases.case_page, name="case"),
    path("<slug:activity>/thoughts", views.thoughts, name="thoughts"),
    path("<slug:activity>/evaluation", views.evaluation, name="evaluation"),
    path("<slug:activity>/done", views.done, name="done"),
    path("<slug:activity>/step", views.step, name="step"),
    path("<slug:activity>/cite/<slug:form>", views.cited, name="cited"),
]

"""Addresses of the activities."""

from django.urls import path

from consilium.web.activity import (
    cases,
    certificates,
    measuring,
    permissions,
    reporting,
    taking_part,
    testing,
    views,
)

app_name = "activity"
urlpatterns = [
    path("", views.all_activities, name="list"),
    path("certificates/<slug:code>", certificates.certificate, name="certificate"),
    path("certificates/<slug:code>/pdf", certificates.certificate_pdf, name="certificate-pdf"),
    path("transcript", certificates.transcript, name="transcript"),
    path("permissions", permissions.permit, name="permit"),
    path("<slug:activity>/", views.about, name="about"),
    path("<slug:activity>/disclosures", views.disclosures, name="disclosures"),
    path("<slug:activity>/read", views.read, name="read"),
    path("<slug:activity>/questions/<slug:question>", views.question_page, name="question"),
    path("<slug:activity>/cases/<slug:case>", cases.case_page, name="case"),
    path("<slug:activity>/thoughts", taking_part.thoughts, name="thoughts"),
    path("<slug:activity>/polls/<slug:poll>", taking_part.vote, name="vote"),
    path("<slug:activity>/comments", taking_part.comment, name="comment"),
    path("<slug:activity>/comments/<int:comment>", taking_part.edit, name="edit"),
    path("<slug:activity>/comments/<int:comment>/report", taking_part.report, name="report"),
    path("<slug:activity>/comments/<int:comment>/answer", taking_part.answer, name="answer"),
    path("<slug:activity>/before", testing.before, name="before"),
    path("<slug:activity>/test", testing.test, name="test"),
    path("<slug:activity>/test/<int:number>", testing.attempt, name="attempt"),
    path("<slug:activity>/evaluation", taking_part.evaluation, name="evaluation"),
    path("<slug:activity>/done", certificates.done, name="done"),
    path("<slug:activity>/certificate", certificates.certify, name="certify"),
    path("<slug:activity>/outcomes", measuring.outcomes_page, name="outcomes"),
    path("<slug:activity>/outcomes.<slug:form>", measuring.outcomes_file, name="outcomes-file"),
    path("<slug:activity>/learning.<slug:form>", measuring.learning_file, name="learning-file"),
    path("<slug:activity>/report.<slug:form>", reporting.activity_report, name="activity-report"),
    path("<slug:activity>/step", views.step, name="step"),
    path("<slug:activity>/cite/<slug:form>", views.cited, name="cited"),
]

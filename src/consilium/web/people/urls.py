"""Addresses of accounts and of the desk."""

from django.urls import path

from consilium.web.activity import reporting
from consilium.web.people import desk, views

app_name = "people"
urlpatterns = [
    path("", views.account, name="account"),
    path("join", views.join, name="join"),
    path("sign-in", views.SignIn.as_view(), name="sign-in"),
    path("sign-out", views.SignOut.as_view(), name="sign-out"),
    path("second-factor", views.second_factor, name="second-factor"),
    path("record.json", views.record, name="record"),
    path("leave", views.leave, name="leave"),
    path("desk/", desk.desk, name="desk"),
    path("desk/moderate", desk.moderate, name="moderate"),
    path("desk/roles", desk.roles, name="roles"),
    path("desk/learners.csv", reporting.learners, name="learners"),
    path("desk/statements.json", desk.statements, name="statements"),
    path("desk/audit.json", desk.audit_chain, name="audit"),
    path("desk/editions", desk.propose, name="propose"),
    path("desk/editions/<int:number>", desk.edition_page, name="edition"),
]

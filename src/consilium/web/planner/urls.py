"""Addresses of the planner."""

from django.urls import path

from consilium.web.planner import views

app_name = "planner"
urlpatterns = [
    path("", views.home, name="home"),
    path("plan", views.plan_page, name="plan"),
    path("plan/live", views.live, name="live"),
    path("plan/everything", views.everything, name="everything"),
    path("plan/sequences", views.sequences, name="sequences"),
    path("plan/print", views.sheet, name="print"),
    path("plan/pdf", views.pdf, name="pdf"),
    path("plan/chart", views.chart, name="chart"),
    path("plan/case", views.keep_case, name="keep"),
    path("plan/care", views.care, name="care"),
    path("plan/import", views.import_page, name="import"),
]

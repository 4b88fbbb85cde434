"""The addresses of the site, one subject after another."""

from django.conf import settings
from django.urls import include, path

from consilium.web import health
from consilium.web.evidence.views import statement
from consilium.web.shortcuts import shortcuts_page

urlpatterns = [
    path("", include("consilium.web.planner.urls")),
    path("evidence/", include("consilium.web.evidence.urls")),
    path("s/<slug:name>", statement, name="statement"),
    path("activities/", include("consilium.web.activity.urls")),
    path("account/", include("consilium.web.people.urls")),
    path("", include("consilium.web.weighing.urls")),
    path("ask/", include("consilium.web.asking.urls")),
    path("api/", include("consilium.web.api.urls")),
    path("", include("consilium.web.hooks.urls")),
    path("shortcuts", shortcuts_page, name="shortcuts"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]

if settings.ADMIN:
    from consilium.web.people.admin import site

    urlpatterns.append(path("admin/", site.urls))

handler400 = "consilium.web.refusals.bad_request"
handler403 = "consilium.web.refusals.forbidden"
handler404 = "consilium.web.refusals.not_found"
handler500 = "consilium.web.refusals.failed"

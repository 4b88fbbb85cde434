"""The application for a WSGI server: ``gunicorn consilium.web.wsgi``."""

from django.core.wsgi import get_wsgi_application

from consilium.web.starting import prepare

prepare()
application = get_wsgi_application()

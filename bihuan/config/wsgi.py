import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bihuan.config.settings")
application = get_wsgi_application()

from django.conf import settings  # noqa: E402  (settings exist now)

from bihuan.operations import watchdog  # noqa: E402

if settings.WORKER_IN_PROCESS:
    from bihuan.worker import run_in_thread

    run_in_thread()
watchdog.run_in_thread()

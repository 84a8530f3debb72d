"""The sentences people get about persons' requests: never whose."""

from django.utils.translation import gettext_lazy

from bihuan.kernel.notify.sentences import register

from .models import Wish

RECEIVED = gettext_lazy("有人请求%(wish)s，请在十五个工作日内处理并答复。")

register("person_request_received", lambda notice: str(RECEIVED) % {"wish": Wish(notice.facts["wish"]).label})

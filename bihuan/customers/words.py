"""What the journal's actions of this context are called."""

from django.utils.translation import gettext_lazy as _

from bihuan.organisation.history import name_acts

name_acts(
    {
        "customer.new": _("登记客户"),
        "customer.change": _("修改客户"),
        "site.new": _("登记现场"),
        "site.change": _("修改现场"),
        "contact.new": _("登记联系人"),
        "contact.change": _("修改联系人"),
        "contact.phones": _("改电话"),
        "contact.off": _("联系人停用"),
        "contact.on": _("联系人恢复"),
    }
)

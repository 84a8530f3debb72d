"""The roles of the procedures (procedures.md, "Who takes part"): who may take a step, and how far the role reaches."""

from django.utils.translation import gettext_lazy as _

from bihuan.kernel.access.parties import Role

# A headquarters role reaches every branch when its holder is appointed at headquarters; a branch role reaches its own branch only.
SERVICE_DESK = Role("service_desk", _("客服接线员"), everywhere=True)
AFTER_SALES_HEAD = Role("after_sales_head", _("售后服务部部长"), everywhere=True, manager=True)
HQ_ENGINEER = Role("hq_engineer", _("总部售后工程师"), everywhere=True)
PARTS_KEEPER = Role("parts_keeper", _("备件管理员"), everywhere=True)
BRANCH_LEAD = Role("branch_lead", _("分公司售后负责人"))
BRANCH_MANAGER = Role("branch_manager", _("分公司经理"), manager=True)
FIELD_ENGINEER = Role("field_engineer", _("现场维修人员"))
QUALITY = Role("quality", _("品管"), everywhere=True)
TECHNICAL = Role("technical", _("技术部"), everywhere=True)
GM_OFFICE = Role("gm_office", _("总经办"), everywhere=True)
GENERAL_MANAGER = Role("general_manager", _("总经理"), everywhere=True, manager=True)
SALES_GM = Role("sales_gm", _("销售公司总经理"), everywhere=True, manager=True)
VICE_PRESIDENT = Role("vice_president", _("分管副总"), everywhere=True, manager=True)
FINANCE = Role("finance", _("财审部"), everywhere=True)
EXPORT_DESK = Role("export_desk", _("进出口公司业务管理部"), everywhere=True)
DOCUMENT_CONTROL = Role("document_control", _("文控"), everywhere=True)
AUDITOR = Role("auditor", _("审核员"), everywhere=True, reads_only=True)
ADMINISTRATOR = Role("administrator", _("系统管理员"), everywhere=True, manager=True)

ROLES = {role.code: role for role in globals().copy().values() if isinstance(role, Role)}

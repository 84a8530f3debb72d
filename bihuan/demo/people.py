"""The invented company's branches and people. Plain data: the checks for production read the names that anybody may know."""

from __future__ import annotations

from dataclasses import dataclass

from bihuan.organisation import roles
from bihuan.organisation.roles import Role

PASSWORD = "bihuan-demo"
COMPANY = "海川压缩机"


@dataclass(frozen=True)
class Office:
    """A branch: its territory as province codes (the first two digits of GB/T 2260), and cities that are an exception."""

    code: str
    name: str
    city: str
    address: str
    phone: str
    provinces: str = ""
    cities: str = ""


@dataclass(frozen=True)
class Someone:
    """A person with an account; ``sees`` is what trying the account shows, for those worth trying first."""

    username: str
    name: str
    office: str
    role: Role
    department: str
    sees: str = ""


OFFICES = (
    Office("ZB", "总部", "无锡", "江苏省无锡市新吴区长江东路 88 号", "0510-8888 0100"),
    Office("HD", "华东分公司", "苏州", "江苏省苏州市工业园区金鸡湖大道 200 号", "0512-8888 0200", "31 32 33 34 36 37"),
    Office("HB", "华北分公司", "北京", "北京市经济技术开发区科创三街 12 号", "010-8888 0300", "11 12 13 14 15 21 22 23 41"),
    Office("HN", "华南分公司", "广州", "广东省广州市黄埔区开泰大道 30 号", "020-8888 0400", "35 42 43 44 45 46 71 81 82", "360700"),
    Office("XN", "西南分公司", "成都", "四川省成都市龙泉驿区经开区南二路 66 号", "028-8888 0500", "50 51 52 53 54 61 62 63 64 65"),
    Office("JC", "进出口公司", "上海", "上海市浦东新区外高桥保税区富特北路 9 号", "021-8888 0600"),
)

PEOPLE = (
    Someone("zhoumin", "周敏", "ZB", roles.SERVICE_DESK, "售后服务部", "接电话、登记、转派；待转的来电和该关闭的单子"),
    Someone("xujing", "徐静", "ZB", roles.SERVICE_DESK, "售后服务部"),
    Someone("chenzq", "陈志强", "ZB", roles.AFTER_SALES_HEAD, "售后服务部", "待审批的派工单，一张等补批的电话放行；总览"),
    Someone("hexd", "何晓东", "ZB", roles.HQ_ENGINEER, "售后服务部"),
    Someone("linfang", "林芳", "ZB", roles.PARTS_KEEPER, "备件库"),
    Someone("shaoyj", "邵永军", "ZB", roles.QUALITY, "品管部"),
    Someone("panwei", "潘伟", "ZB", roles.TECHNICAL, "技术部"),
    Someone("fengll", "冯丽丽", "ZB", roles.GM_OFFICE, "总经办"),
    Someone("dinggl", "丁国梁", "ZB", roles.GENERAL_MANAGER, "总经办"),
    Someone("guhm", "顾海明", "ZB", roles.SALES_GM, "销售公司", "升级到销售公司总经理的超时；总览"),
    Someone("yuanzs", "袁振声", "ZB", roles.VICE_PRESIDENT, "总经办"),
    Someone("tangjie", "唐洁", "ZB", roles.FINANCE, "财审部"),
    Someone("luoyan", "罗燕", "ZB", roles.DOCUMENT_CONTROL, "行政人事部"),
    Someone("shensi", "沈思", "ZB", roles.AUDITOR, "品管部", "什么都能看，什么都不能改"),
    Someone("qianlx", "钱立新", "ZB", roles.ADMINISTRATOR, "信息部", "人员、角色、日历等设置"),
    Someone("lijg", "李建国", "HD", roles.BRANCH_LEAD, "售后组", "两个正在走的首次联系时限，一张等审核的服务记录；当天看板"),
    Someone("zhaoht", "赵海涛", "HD", roles.BRANCH_MANAGER, "分公司办公室"),
    Someone("zhangwei", "张伟", "HD", roles.FIELD_ENGINEER, "售后组", "现场：服务记录填了一半；还有一个客户等着联系"),
    Someone("wanglei", "王磊", "HD", roles.FIELD_ENGINEER, "售后组", "正在去客户的路上"),
    Someone("sunyu", "孙宇", "HD", roles.FIELD_ENGINEER, "售后组"),
    Someone("liuyan", "刘岩", "HB", roles.BRANCH_LEAD, "售后组"),
    Someone("mali", "马力", "HB", roles.BRANCH_MANAGER, "分公司办公室", "刘岩培训期间的代理：办理时两个名字都记下"),
    Someone("sunqiang", "孙强", "HB", roles.FIELD_ENGINEER, "售后组"),
    Someone("gaofeng", "高峰", "HB", roles.FIELD_ENGINEER, "售后组"),
    Someone("liangjw", "梁健文", "HN", roles.BRANCH_LEAD, "售后组"),
    Someone("huangzh", "黄志豪", "HN", roles.BRANCH_MANAGER, "分公司办公室"),
    Someone("chenyt", "陈宇堂", "HN", roles.FIELD_ENGINEER, "售后组"),
    Someone("moshh", "莫少华", "HN", roles.FIELD_ENGINEER, "售后组"),
    Someone("tangyong", "唐勇", "XN", roles.BRANCH_LEAD, "售后组"),
    Someone("jiangbo", "蒋波", "XN", roles.BRANCH_MANAGER, "分公司办公室"),
    Someone("dengchuan", "邓川", "XN", roles.FIELD_ENGINEER, "售后组"),
    Someone("hemy", "何明远", "XN", roles.FIELD_ENGINEER, "售后组"),
    Someone("wufang", "吴芳", "JC", roles.EXPORT_DESK, "业务管理部", "海外设备自己的路线"),
    Someone("zhengkai", "郑凯", "JC", roles.FIELD_ENGINEER, "海外服务组"),
)
USERNAMES = tuple(person.username for person in PEOPLE)

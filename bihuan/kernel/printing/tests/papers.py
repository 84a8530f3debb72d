"""Sample forms, pictures and a reader for what is on paper."""

import io
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from PIL import Image, ImageDraw
from pypdf import PdfReader

from ..forms import Approval, Cell, Cells, CheckItem, Checklist, Form, Section, Signature, Signatures, Table, Text

SHANGHAI = ZoneInfo("Asia/Shanghai")
AT = datetime(2026, 11, 22, 6, 2, tzinfo=UTC)  # 14:02 in Shanghai


@dataclass
class Record:
    """As much of a record as printing looks at."""

    pk: int = 417
    number: str = "BX-HD-2026-000417"
    version: int = 7
    branch_id: int = 2

    class _meta:
        label = "tests.Record"


def picture_bytes(width: int = 120, height: int = 40, kind: str = "PNG", mode: str = "RGB", **more) -> bytes:
    image = Image.new(mode, (width, height), "white" if mode != "RGBA" else (0, 0, 0, 0))
    ImageDraw.Draw(image).line((5, 5, width - 5, height - 5), fill=0 if mode in ("L", "1") else "black", width=3)
    out = io.BytesIO()
    image.save(out, kind, **more)
    return out.getvalue()


CALL = Cells(
    title="一、来电信息",
    rows=[
        [Cell("来电号码", "138 0000 5678"), Cell("来电时间", "2026-11-22 14:02"), Cell("渠道", "电话")],
        [Cell("客户名称", "华东精密机械（苏州）有限公司", span=2), Cell("联系人", "王工")],
        [Cell("服务现场", "苏州工业园区星湖街 328 号二号厂房", span=3)],
    ],
)
WORDS = Text("客户原话", "早上开机就报高压，声音也不对。", min_lines=3)
STEPS = Table(title="处理经过", head=["时间", "步骤", "经办人"], rows=[["14:03", "登记", "周敏"], ["14:04", "转派", "系统"]])
CHECKS = Checklist(title="作业检查", items=[CheckItem("断电挂牌", "合格"), CheckItem("安全阀", "合格", "至 2027-05")])
SIGNED = Signatures(
    title="签字",
    signatures=[Signature("王建国", "服务已完成", AT, method="现场屏幕手写", state="签名有效", version=6, image=picture_bytes(1200, 400))],
)
APPROVALS = [Approval("周敏", "登记", AT), Approval("李主管", "审核", AT, for_whom="赵经理"), Approval("陈部长", "批准")]


def a_form(*sections: Section, **more) -> Form:
    """A repair registration with *sections* in place of the usual ones."""
    form = Form(
        code="BX",
        title="电话报修登记处理表",
        number="BX-HD-2026-000417",
        record_url="https://service.example.cn/r/BX-HD-2026-000417",
        sections=sections or (CALL, WORDS, STEPS, CHECKS, SIGNED),
        company="江南压缩机股份有限公司",
        zone=SHANGHAI,
        printed_at=AT,
    )
    return replace(form, **more)


def a_long_form(rows: int = 165) -> Form:
    """Five pages of one table."""
    return a_form(Table(head=["序号", "零件号", "名称"], rows=[[str(n), f"P-{n:05}", f"温控阀组件第{n}件"] for n in range(1, rows + 1)]))


def pages(pdf: bytes) -> list[str]:
    """The text of each page, without the spaces and line ends that typesetting put in."""
    return [re.sub(r"[\s\u200b]+", "", page.extract_text()) for page in PdfReader(io.BytesIO(pdf)).pages]


def words(pdf: bytes) -> str:
    return "".join(pages(pdf))

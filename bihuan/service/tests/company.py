"""A small coherent company for tests: headquarters, two branches, the export company, everyone who takes a step, one machine each."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

from django.utils import timezone
from PIL import Image, ImageDraw

from bihuan.customers.models import Contact, Customer, Phone, Site
from bihuan.equipment.models import ChecklistItem, ProductLine, ProductModel, Unit
from bihuan.kernel.access.actors import Actor, actor_for
from bihuan.kernel.calendars.china import ensure_chinese_calendar
from bihuan.kernel.testing.marked import ADDRESS, NAME, PHONE, WRITTEN
from bihuan.organisation import roles
from bihuan.organisation.models import Appointment, Branch, Person, Region
from bihuan.service.domain import order as orders
from bihuan.service.domain import record as records
from bihuan.service.domain import request as requests
from bihuan.service.models import DispatchOrder, ServiceRecord, ServiceRequest

PASSWORD = "bihuan-test-2026"
STROKES = [[[10, 10], [60, 40], [110, 12]], [[20, 50], [100, 52]]]

PEOPLE = {
    "desk": ("周敏", "ZB", roles.SERVICE_DESK),
    "head": ("陈志强", "ZB", roles.AFTER_SALES_HEAD),
    "auditor": ("沈思", "ZB", roles.AUDITOR),
    "sales_gm": ("顾总", "ZB", roles.SALES_GM),
    "admin": ("管理员", "ZB", roles.ADMINISTRATOR),
    "lead": ("李建国", "HD", roles.BRANCH_LEAD),
    "engineer": ("张伟", "HD", roles.FIELD_ENGINEER),
    "colleague": ("王磊", "HD", roles.FIELD_ENGINEER),
    "other_lead": ("赵丽", "HB", roles.BRANCH_LEAD),
    "other_engineer": ("孙强", "HB", roles.FIELD_ENGINEER),
    "export": ("吴芳", "JC", roles.EXPORT_DESK),
}


def png() -> bytes:
    """A small picture with a pen's stroke, as a signature pad would send."""
    out = io.BytesIO()
    picture = Image.new("RGB", (200, 80), "white")
    ImageDraw.Draw(picture).line([(10, 10), (60, 40), (110, 12)], fill="black", width=3)
    picture.save(out, "PNG")
    return out.getvalue()


class Company:
    """The company, its people as ``company.lead`` and its actors as ``company.by("lead")``."""

    def __init__(self) -> None:
        ensure_chinese_calendar()
        self.hq = Branch.objects.create(code="ZB", name="总部", is_headquarters=True)
        self.east = Branch.objects.create(code="HD", name="华东分公司", city="苏州")
        self.north = Branch.objects.create(code="HB", name="华北分公司", city="北京")
        self.overseas = Branch.objects.create(code="JC", name="进出口公司", handles_overseas=True)
        self.people = {key: self._person(key, *rest) for key, rest in PEOPLE.items()}
        self.jiangsu = Region.objects.create(code="320000", name="江苏省", branch=self.east)
        self.beijing = Region.objects.create(code="110000", name="北京市", branch=self.north)
        self.line = ProductLine.objects.create(code="LG", name="螺杆机", major_faults="压缩机损坏\n整套电控损坏")
        self.model = ProductModel.objects.create(line=self.line, name="KX-160")
        ChecklistItem.objects.create(model=self.model, position=1, text="外观与接线检查")
        ChecklistItem.objects.create(model=self.model, position=2, text="排气压力", unit="MPa", low="0.6", high="0.9", is_measured=True)
        self.unit = self.machine("22A0457", "华东精密", self.jiangsu, self.east)
        self.other_unit = self.machine("21B0033", "京北制药", self.beijing, self.north)

    def _person(self, key: str, name: str, branch: str, role: roles.Role) -> Person:
        home = Branch.objects.get(code=branch)
        person = Person.objects.create_person(key, name, PASSWORD, home_branch=home)
        Appointment.objects.create(person=person, role=role.code, branch=home, starts_at=timezone.now() - dt.timedelta(days=900))
        return person

    def machine(self, serial: str, customer: str, region: Region, branch: Branch) -> Unit:
        owner = Customer.objects.create(number=f"KH-{serial}", name=f"{customer}有限公司", short_name=customer, initials="hdjm")
        site = Site.objects.create(customer=owner, name="二号厂房", region=region, branch=branch, address=ADDRESS)
        contact = Contact.objects.create(customer=owner, site=site, name=NAME, title="设备部")
        Phone.objects.create(contact=contact, written=WRITTEN)
        return Unit.objects.create(serial=serial, model=self.model, customer=owner, site=site, parts_until=dt.date(2027, 3, 14))

    def by(self, key: str) -> Actor:
        return actor_for(self.people[key])

    def __getattr__(self, key: str) -> Any:
        try:
            return self.__dict__["people"][key]
        except KeyError:
            raise AttributeError(key) from None

    # the journey, as far as a test needs it

    def registered(self, *, unit: Unit | None = None, at: dt.datetime | None = None, **fields: Any) -> ServiceRequest:
        unit = unit or self.unit
        at = at or timezone.now()
        request = ServiceRequest(
            customer=unit.customer,
            site=unit.site,
            unit=unit,
            fault="早上开机就报高压，声音也不对",
            called_at=at,
            caller_name=NAME,
            caller_phone=PHONE,
        )
        for name, value in fields.items():
            setattr(request, name, value)
        return requests.register(request, by=self.by("desk"), at=max(at, request.called_at))

    def assigned(self, **fields: Any) -> ServiceRequest:
        request = self.registered(**fields)
        requests.assign(request, by=self.by("lead"), at=timezone.now(), engineer=self.engineer)
        return request

    def contacted(self, **fields: Any) -> ServiceRequest:
        request = self.assigned(**fields)
        requests.contact(request, by=self.by("engineer"), at=timezone.now(), answer="请先断电，明早上门")
        return request

    def drafted(self, **fields: Any) -> DispatchOrder:
        request = self.contacted(**fields)
        order = DispatchOrder(
            request=request, engineer=self.engineer, task="检查高压报警", planned_arrival=timezone.now() + dt.timedelta(hours=2)
        )
        carry = [{"kind": "form", "name": "售后服务记录单"}, {"kind": "tool", "name": "压力表"}]
        return orders.draft(order, by=self.by("lead"), at=timezone.now(), carry=carry)

    def approved(self, **fields: Any) -> DispatchOrder:
        order = self.drafted(**fields)
        orders.submit(order, by=self.by("lead"), at=timezone.now())
        orders.approve(order, by=self.by("head").proved(timezone.now()), at=timezone.now())
        return order

    def on_site(self, **fields: Any) -> ServiceRecord:
        order = self.approved(**fields)
        now, by = timezone.now(), self.by("engineer")
        orders.accept(order, by=by, at=now)
        orders.depart(order, by=by, at=now, carried=[item.pk for item in order.carry_items.all()])
        return orders.arrive(order, by=by, at=now, arrival_place="二号厂房")

    def filled(self, **fields: Any) -> ServiceRecord:
        record = self.on_site(**fields)
        lines = [{**line, "ok": True, "value": "0.75" if line["measured"] else ""} for line in record.checklist]
        records.fill_in(
            record, by=self.by("engineer"), at=timezone.now(), checklist=lines, findings="压力开关失灵", work_done="更换压力开关并试机",
            outcome="repaired", labour_minutes=90, travel_minutes=45,
        )  # fmt: skip
        return record

    def signed(self, **fields: Any) -> ServiceRecord:
        record = self.filled(**fields)
        records.sign(record, by=self.by("engineer"), at=timezone.now(), signer_name=NAME, image=png(), strokes=STROKES)
        return record

    def reviewed(self, **fields: Any) -> ServiceRecord:
        record = self.signed(**fields)
        records.review(record, by=self.by("lead"), at=timezone.now(), review_note="记录完整")
        return record

    def closed(self, **fields: Any) -> ServiceRequest:
        request = self.reviewed(**fields).order.request
        requests.close(request, by=self.by("desk"), at=timezone.now())
        return request

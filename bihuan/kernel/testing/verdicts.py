"""Who may reach what on the pages (#1, #11, #29): one line for each address, written by hand. A route without one fails the build.

address   ``{request}`` stands for the key of a thing of that kind: an own one, a foreign one and an absent one are tried;
          ``{xlsx|csv}`` for each of these.
answers   method and status for those who may, when nothing else is sent: ``GET:200 POST:422``; ``200|302`` is what nobody
          gets and what the signed-in get, ``200/302`` either. A method without one is answered 405.
kind      page, step (a change), fragment, print, file, export, public.
scope     whose thing it is: none; open (all may know of it); branch (headquarters sees all, a branch its own); person (its
          owner's; ``all:administrator`` and the like see everybody's). Out of sight is 404, in the words of what is absent.
          office: the role is asked for before the thing is looked for, so who lacks it gets 403 whatever the key.
who       anybody; signed-in; with-a-role; else roles, or ties to the thing (``@assignee``). Who sees it and may not: 403.
          ``*keepers`` and the like are the groups below.
leaves    what a GET may write, as tables: a print and an export are journalled. All others write nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product

ELSEWHERE = ("api/v1/",)  # has a table of its own, api_verdicts.py

TABLE = """
/login/                                      GET:200|302 POST:422|302 public    none    anybody
/login/code/                                 GET:302 POST:302       public    none    anybody
/login/authenticator/                        GET:302 POST:302       public    none    anybody
/login/passkey/                              POST:422|302           public    none    anybody
/login/company/                              GET:404                public    none    anybody
/login/company/back/                         GET:404                public    none    anybody
/account/company/                            GET:404                page      none    signed-in
/passkeys/options/                           POST:422               public    none    anybody
/logout/                                     POST:302               public    none    anybody
/reset/                                      GET:200 POST:422       public    none    anybody
/reset/sent/                                 GET:200                public    none    anybody
/reset/new/                                  GET:410 POST:410       public    none    anybody
/reset/no-such-token/                        GET:302                public    none    anybody
/account/language/                           POST:302               public    none    anybody
/account/                                    GET:200                page      none    signed-in
/account/password/                           GET:200 POST:422       step      none    signed-in
/account/second-factor/                      GET:200 POST:422       step      none    signed-in
/account/passkeys/new/                       GET:200 POST:422       step      none    signed-in
/account/passkeys/{passkey}/                 GET:200 POST:422       step      person  signed-in
/account/sessions/end-others/                POST:200               step      none    signed-in
/account/sessions/{session}/end/             POST:200               step      person  signed-in
/account/tokens/new/                         GET:200 POST:422       step      none    signed-in
/account/tokens/{token}/revoke/              POST:302               step      person  signed-in

/r/{request}/                                GET:200                page      branch  with-a-role
/r/{order}/                                  GET:200                page      branch  with-a-role
/r/{record}/                                 GET:200                page      branch  with-a-role
/r/{request}/print/                          GET:200                print     branch  with-a-role
/r/{order}/print/                            GET:200                print     branch  with-a-role
/r/{record}/print/                           GET:200                print     branch  with-a-role
/r/{request}/history/                        GET:200                page      branch  with-a-role
/r/{request}/as-of/                          GET:200                page      branch  with-a-role
/r/{order}/history/                          GET:200                page      branch  with-a-role
/r/{order}/as-of/                            GET:200                page      branch  with-a-role
/r/{record}/history/                         GET:200                page      branch  with-a-role
/r/{record}/as-of/                           GET:200                page      branch  with-a-role
/r/{request}/attach/                         POST:422               step      branch  service_desk export_desk after_sales_head branch_lead @assignee
/r/{request}/uploads/                        POST:422               step      branch  service_desk export_desk after_sales_head branch_lead @assignee
/r/{order}/attach/                           POST:422               step      branch  service_desk export_desk after_sales_head branch_lead @assignee
/r/{order}/uploads/                          POST:422               step      branch  service_desk export_desk after_sales_head branch_lead @assignee
/r/{record}/attach/                          POST:422               step      branch  export_desk branch_lead @assignee
/r/{record}/uploads/                         POST:422               step      branch  export_desk branch_lead @assignee

/r/{request}/steps/register/                 GET:404 POST:404       step      branch  with-a-role
/r/{request}/steps/forward/                  GET:200 POST:422       step      branch  service_desk export_desk
/r/{request}/steps/reroute/                  GET:200 POST:422       step      branch  service_desk export_desk after_sales_head
/r/{request}/steps/assign/                   GET:200 POST:422       step      branch  branch_lead export_desk
/r/{request}/steps/reassign/                 GET:200 POST:422       step      branch  branch_lead export_desk
/r/{request}/steps/contact/                  GET:200 POST:422       step      branch  @assignee
/r/{request}/steps/solve_by_phone/           GET:200 POST:422       step      branch  service_desk export_desk branch_lead @assignee
/r/{request}/steps/hold/                     GET:200 POST:422       step      branch  branch_lead @assignee
/r/{request}/steps/resume/                   GET:200 POST:409       step      branch  branch_lead @assignee
/r/{request}/steps/dispatch/                 GET:404 POST:404       step      branch  with-a-role
/r/{request}/steps/undispatch/               GET:404 POST:404       step      branch  with-a-role
/r/{request}/steps/arrive/                   GET:404 POST:404       step      branch  with-a-role
/r/{request}/steps/sign/                     GET:404 POST:404       step      branch  with-a-role
/r/{request}/steps/refuse/                   GET:404 POST:404       step      branch  with-a-role
/r/{request}/steps/correct/                  GET:404 POST:404       step      branch  with-a-role
/r/{request}/steps/review/                   GET:404 POST:404       step      branch  with-a-role
/r/{request}/steps/visit_again/              GET:200 POST:422       step      branch  branch_lead export_desk
/r/{request}/steps/close/                    GET:200 POST:409       step      branch  service_desk export_desk branch_lead
/r/{request}/steps/cancel/                   GET:200 POST:422       step      branch  service_desk export_desk branch_lead

/r/{order}/steps/draft/                      GET:404 POST:404       step      branch  with-a-role
/r/{order}/steps/amend/                      GET:200 POST:422       step      branch  branch_lead service_desk export_desk
/r/{order}/steps/submit/                     GET:200 POST:409       step      branch  branch_lead service_desk export_desk
/r/{order}/steps/approve/                    GET:200 POST:422       step      branch  after_sales_head
/r/{order}/steps/reject/                     GET:200 POST:422       step      branch  after_sales_head
/r/{order}/steps/release_by_phone/           GET:200 POST:422       step      branch  branch_lead service_desk export_desk
/r/{order}/steps/confirm/                    GET:200 POST:422       step      branch  after_sales_head
/r/{order}/steps/accept/                     GET:200 POST:409       step      branch  @assignee
/r/{order}/steps/decline/                    GET:200 POST:422       step      branch  @assignee
/r/{order}/steps/depart/                     GET:200 POST:409       step      branch  @assignee
/r/{order}/steps/arrive/                     GET:200 POST:422       step      branch  @assignee
/r/{order}/steps/report/                     GET:200 POST:422       step      branch  @assignee
/r/{order}/steps/finish/                     GET:404 POST:404       step      branch  with-a-role
/r/{order}/steps/reopen/                     GET:404 POST:404       step      branch  with-a-role
/r/{order}/steps/cancel/                     GET:200 POST:422       step      branch  branch_lead service_desk export_desk

/r/{record}/steps/begin/                     GET:404 POST:404       step      branch  with-a-role
/r/{record}/steps/fill_in/                   GET:200 POST:302       step      branch  @assignee
/r/{record}/steps/sign/                      GET:200 POST:422       step      branch  @assignee
/r/{record}/steps/refuse/                    GET:200 POST:422       step      branch  @assignee
/r/{record}/steps/send_back/                 GET:200 POST:422       step      branch  branch_lead export_desk
/r/{record}/steps/review/                    GET:200 POST:422       step      branch  branch_lead export_desk
/r/{record}/steps/no-such-step/              GET:404 POST:404       step      branch  with-a-role

/r/{nonconformity}/                          GET:200                page    branch  with-a-role
/r/{nonconformity}/print/                    GET:200                print   branch  with-a-role
/r/{nonconformity}/history/                  GET:200                page    branch  with-a-role
/r/{nonconformity}/as-of/                    GET:200                page    branch  with-a-role
/r/{nonconformity}/attach/                   POST:422               step    branch  quality after_sales_head branch_manager @assignee
/r/{nonconformity}/uploads/                  POST:422               step      branch  quality after_sales_head branch_manager @assignee
/r/{request}/nonconformity/                  GET:200 POST:422    step      branch  quality after_sales_head branch_manager
/r/{order}/nonconformity/                    GET:200 POST:422    step      branch  quality after_sales_head branch_manager
/r/{record}/nonconformity/                   GET:200 POST:422    step      branch  quality after_sales_head branch_manager
/r/{review}/nonconformity/                   GET:200 POST:422    step      branch  quality after_sales_head branch_manager
/r/{person_request}/nonconformity/           GET:200 POST:422    step      branch  quality after_sales_head branch_manager
/r/{nonconformity}/nonconformity/            GET:409 POST:409    step      branch  quality after_sales_head branch_manager
/r/{nonconformity}/steps/declare/            GET:404 POST:404       step    branch  with-a-role
/r/{nonconformity}/steps/hand_over/          GET:200 POST:422       step    branch  quality after_sales_head branch_manager
/r/{nonconformity}/steps/plan/               GET:200 POST:422       step    branch  @assignee
/r/{nonconformity}/steps/correct/            GET:200 POST:422       step    branch  @assignee
/r/{nonconformity}/steps/verify/             GET:200 POST:422       step    branch  quality after_sales_head
/r/{nonconformity}/steps/redo/               GET:200 POST:422       step    branch  quality after_sales_head

/r/{review}/                                 GET:200                page      branch  *evidence
/r/{review}/print/                           GET:200                print     branch  *evidence
/r/{review}/history/                         GET:200                page      branch  *evidence
/r/{review}/as-of/                           GET:200                page      branch  *evidence
/r/{review}/attach/                          POST:422               step      branch  quality after_sales_head branch_manager
/r/{review}/uploads/                         POST:422               step      branch  quality after_sales_head branch_manager
/r/{review}/steps/begin/                     GET:404 POST:404       step      branch  *evidence
/r/{review}/steps/assign/                    GET:200 POST:422       step      branch  quality after_sales_head
/r/{review}/steps/hand_over/                 GET:200 POST:422       step      branch  quality after_sales_head
/r/{review}/steps/clear/                     GET:200 POST:422       step      branch  quality after_sales_head
/r/{review}/steps/escalate/                  GET:200 POST:422       step      branch  quality after_sales_head branch_manager
/r/{review}/steps/conclude/                  GET:200 POST:422       step      branch  quality after_sales_head

/r/{person_request}/                         GET:200                page      branch  with-a-role
/r/{person_request}/print/                   GET:200                print     branch  with-a-role
/r/{person_request}/history/                 GET:200                page      branch  with-a-role
/r/{person_request}/as-of/                   GET:200                page      branch  with-a-role
/r/{person_request}/steps/receive/           GET:404 POST:404       step      branch  with-a-role
/r/{person_request}/steps/grant_copy/        GET:200 POST:422       step      branch  quality after_sales_head
/r/{person_request}/steps/correct/           GET:200 POST:422       step      branch  service_desk branch_lead after_sales_head
/r/{person_request}/steps/forget/            GET:200 POST:422       step      branch  quality after_sales_head
/r/{person_request}/steps/refuse/            GET:200 POST:422       step      branch  quality after_sales_head
/r/{person_request}/steps/answer/            GET:200 POST:422       step      branch  service_desk branch_lead quality after_sales_head
/lists/person-requests/                      GET:200                page      none    with-a-role
/lists/person-requests/export.{xlsx|csv}     GET:200                export    none    with-a-role
/person-requests/                            GET:200                page      none    with-a-role
/person-requests/new/                        GET:200 POST:422       step      none    service_desk branch_lead
/person-requests/{person_request}/copy.zip   POST:403               step      branch  with-a-role

/procedures/                                 GET:200                page      none    signed-in
/procedures/BX/                              GET:200                page      none    signed-in
/procedures/BX/A-1/                          GET:200                page      none    signed-in
/procedures/XX/                              GET:404                page      none    signed-in
/gallery/                                    GET:200                page      none    signed-in
/gallery/worklist/                           GET:200                page      none    signed-in
/inbox/                                      GET:200                page      none    signed-in
/inbox/read/                                 POST:302               step      none    signed-in
/inbox/{message}/                            GET:302 gone:302       page      person  signed-in leaves notify_message
/verify/{print_token}/                       GET:200|200/302        public    open    anybody leaves access_attempt
/healthz                                     GET:200                public    none    anybody
/readyz                                      GET:200/503            public    none    anybody
/metrics                                     GET:404                public    none    anybody
/uploads/{upload}/                           POST:302               step      person  with-a-role
/files/{photo}/                              GET:200                file      branch  with-a-role
/files/{photo}/thumbnail/                    GET:200                file      branch  with-a-role

/lists/{requests|orders|records|nonconformities}/            GET:200                page      none    with-a-role
/lists/reviews/                              GET:200                page      none    *evidence
/lists/{customers|sites|contacts}/           GET:200                page      none    with-a-role
/lists/{units|models|lines|bulletins}/       GET:200                page      none    with-a-role
/lists/{people|branches}/                    GET:200                page      none    with-a-role
/lists/{requests|orders|records|nonconformities}/export.{xlsx|csv} GET:200                export    none    with-a-role
/lists/reviews/export.{xlsx|csv}           GET:200                export    none    *evidence
/lists/{customers|sites|contacts}/export.{xlsx|csv} GET:200                export    none    with-a-role
/lists/{units|models|lines|bulletins}/export.{xlsx|csv} GET:200                export    none    with-a-role
/lists/{people|branches}/export.{xlsx|csv}   GET:200                export    none    with-a-role
/lists/shelf/                                GET:200                page      none    with-a-role
/lists/shelf/export.{xlsx|csv}               GET:200                export    none    with-a-role
/shelf/                                      GET:302                page      none    signed-in
/shelf/{shelved}/                            GET:200                page      person  with-a-role all:after_sales_head
/shelf/{shelved}/take/                       POST:422               step      person  with-a-role all:after_sales_head
/shelf/{shelved}/drop/                       POST:422               step      person  branch_lead export_desk after_sales_head all:after_sales_head
/lists/no-such-list/                         GET:404                page      none    signed-in
/lists/requests/views/                       GET:200                page      none    with-a-role
/lists/requests/views/save/                  POST:422               step      none    with-a-role
/lists/requests/views/{view}/rename/         POST:422               step      person  with-a-role
/lists/requests/views/{view}/delete/         POST:302               step      person  with-a-role
/imports/{customers|contacts|units}/         GET:200 POST:422       step      none    service_desk after_sales_head
/imports/{customers|contacts|units}/template.xlsx GET:200                file      none    service_desk after_sales_head
/imports/models/                             GET:200 POST:422       step      none    *catalogue
/imports/models/template.xlsx                GET:200                file      none    *catalogue
/imports/customers/{run}/                    GET:200                page      person  service_desk after_sales_head
/imports/customers/{run}/confirm/            POST:409               step      person  service_desk after_sales_head
/imports/no-such-kind/                       GET:404 POST:404       step      none    signed-in
/imports/no-such-kind/template.xlsx          GET:404                file      none    signed-in
/imports/no-such-kind/1/                     GET:404                page      none    signed-in
/imports/no-such-kind/1/confirm/             POST:404               step      none    signed-in

/                                            GET:200/302            page      none    signed-in
/requests/new/                               GET:200 POST:422       step      none    service_desk export_desk
/requests/lookup/                            GET:200                fragment  none    service_desk export_desk
/requests/{request}/order/                   GET:200 POST:422       step      branch  branch_lead service_desk export_desk
/approvals/                                  GET:200                page      none    after_sales_head
/board/                                      GET:200                page      none    with-a-role
/overview/                                   GET:200                page      none    signed-in
/search/                                     GET:200                page      none    signed-in

/evidence/                                   GET:200                page      none    *evidence
/evidence/BX/first_contact/                  GET:200                page      none    *evidence
/evidence/BX/AS-5.2.1/                       GET:200                page      none    *evidence
/evidence/PG/steps/approve/                  GET:200                page      none    *evidence
/evidence/check/                             POST:302               step      none    auditor administrator after_sales_head quality
/evidence/deviations/                        GET:200                page      none    *evidence
/evidence/deviations/{deviation}/            GET:200                page      branch  *evidence
/evidence/deviations/{deviation}/accept/     POST:422               step      branch  after_sales_head quality branch_manager
/evidence/deviations/{deviation}/nonconformity/ POST:422               step    branch  after_sales_head quality branch_manager
/evidence/anomalies/                         GET:200                page      none    *evidence
/evidence/entries/{entry}/                   GET:200                page      branch  *evidence
/evidence/threads/{request}/                 GET:200                page      branch  *evidence
/evidence/threads/{request}/pack.zip         GET:200                print     branch  administrator after_sales_head quality
/evidence/threads/{nonconformity}/           GET:200                page      branch  *evidence
/evidence/samples/                           GET:200 POST:422       step      none    *evidence
/evidence/samples/{draw}/                    GET:200                page      branch  *evidence
/evidence/samples/{draw}/pack.zip            GET:200                print     branch  administrator after_sales_head quality

/my/                                         GET:200                page      none    signed-in
/my/bulletins/                               POST:404               step      none    signed-in
/my/requests/{request}/                      GET:200 POST:422       step      person  @assignee
/my/orders/{order}/                          GET:200 POST:422       step      person  @assignee
/my/records/{record}/                        GET:200                page      person  @assignee
/my/records/{record}/photos/photo_after/     GET:200                fragment  person  @assignee
/my/records/{record}/sign/                   GET:200 POST:409       step      person  @assignee
/my/records/{record}/refuse/                 GET:200 POST:409       step      person  @assignee
/my/records/{record}/done/                   GET:302                page      person  @assignee
/my/records/{record}/work/                   POST:302               step      person  @assignee

/organisation/                               GET:200                page      none    administrator
/operations/                                 GET:200                page      none    administrator
/people/new/                                 GET:200 POST:422       step      none    administrator
/people/{person}/                            GET:200                page      branch  with-a-role
/people/{person}/edit/                       GET:200 POST:422       step      office  administrator
/people/{person}/off/                        POST:422               step      office  administrator
/people/{person}/on/                         POST:409               step      office  administrator
/people/{person}/password-link/              POST:200               step      office  administrator
/people/{person}/sign-in-help/               POST:422               step      office  administrator
/people/{person}/directory/                  GET:404 POST:404       step      office  administrator
/people/{person}/appoint/                    GET:200 POST:422       step      office  administrator
/appointments/{appointment}/end/             POST:302               step      office  administrator
/deputies/                                   GET:200                page      none    signed-in
/deputies/new/                               GET:200 POST:422       step      none    signed-in
/deputies/{deputy}/end/                      POST:302               step      person  signed-in all:administrator
/branches/new/                               GET:200 POST:422       step      none    administrator
/branches/{branch}/                          GET:200                page      open    with-a-role
/branches/{branch}/edit/                     GET:200 POST:422       step      office  administrator
/branches/{branch}/departments/              POST:422               step      office  administrator
/territory/                                  GET:200                page      none    signed-in
/territory/{region}/                         GET:200 POST:422       step      office  administrator
/calendars/                                  GET:200                page      none    with-a-role
/calendars/{calendar}/                       GET:200                page      open    with-a-role
/calendars/{calendar}/2027/                  GET:200 POST:422       step      office  administrator

/customers/                                  GET:200                page      none    with-a-role
/customers/new/                              GET:200 POST:422       step      none    *keepers
/customers/{customer}/                       GET:200                page      branch  with-a-role
/customers/{customer}/edit/                  GET:200 POST:422       step      branch  *keepers
/customers/{customer}/sites/new/             GET:200 POST:422       step      branch  *keepers
/customers/{customer}/contacts/new/          GET:200 POST:422       step      branch  *keepers
/sites/{site}/edit/                          GET:200 POST:422       step      branch  *keepers
/contacts/{contact}/edit/                    GET:200 POST:422       step      branch  *keepers
/contacts/{contact}/off/                     POST:302               step      branch  *keepers
/contacts/{contact}/on/                      POST:409               step      branch  *keepers

/units/                                      GET:200                page      none    with-a-role
/units/new/                                  GET:200 POST:200       step      none    *keepers
/units/{unit}/                               GET:200                page      branch  with-a-role
/units/{unit}/edit/                          GET:200 POST:422       step      branch  *keepers
/units/{unit}/warranty/                      GET:200 POST:422       step      branch  after_sales_head export_desk
/units/{unit}/label/                         POST:200               step      branch  *keepers
/u/{unit_token}/                             GET:200|200/302        public    open    anybody leaves access_attempt
/models/                                     GET:200                page      none    with-a-role
/models/new/                                 GET:200 POST:422       step      none    *catalogue
/models/{model}/                             GET:200                page      open    with-a-role
/models/{model}/edit/                        GET:200 POST:422       step      office  *catalogue
/lines/new/                                  GET:200 POST:422       step      none    *catalogue
/lines/{line}/                               GET:200                page      open    with-a-role
/lines/{line}/edit/                          GET:200 POST:422       step      office  *catalogue
/lines/{line}/terms/new/                     GET:200 POST:422       step      office  *catalogue
/bulletins/                                  GET:200                page      none    with-a-role
/bulletins/new/                              GET:200 POST:422       step      none    technical
/bulletins/{bulletin}/                       GET:200                page      open    with-a-role
/bulletins/{bulletin}/acknowledge/           POST:302               step      open    with-a-role
/bulletins/{bulletin}/withdraw/              POST:422               step      office  technical
"""

GROUPS = {
    "*keepers": {"service_desk", "export_desk", "after_sales_head", "branch_lead", "branch_manager"},  # of customers and machines
    "*catalogue": {"technical", "after_sales_head", "administrator"},
    "*evidence": {
        "auditor",
        "administrator",
        "after_sales_head",
        "quality",
        "gm_office",
        "general_manager",
        "sales_gm",
        "vice_president",
        "branch_manager",
        "branch_lead",
    },
}
JOURNAL = {"journal_entry", "journal_chain"}
LEAVES = {"print": JOURNAL | {"printing_printrun"}, "export": JOURNAL}


@dataclass(frozen=True)
class Verdict:
    """One line of the table."""

    address: str
    answers: dict[str, str]
    kind: str
    scope: str
    who: frozenset[str]
    leaves: frozenset[str]

    @property
    def methods(self) -> list[str]:
        return [name for name in self.answers if name.isupper()]

    @property
    def keys(self) -> list[str]:
        """The kinds of things that the address names."""
        return re.findall(r"{(\w+)}", self.address)

    @property
    def gone(self) -> int:
        """The answer for what is out of sight."""
        return int(self.answers.get("gone", "404"))

    def allowed(self, method: str, *, signed_in: bool) -> set[int]:
        """What may come back to someone who may."""
        nobody, _bar, somebody = self.answers[method].partition("|")
        return {int(status) for status in ((somebody or nobody) if signed_in else nobody).split("/")}


def _read(line: str) -> list[Verdict]:
    told, _word, leaves = line.partition(" leaves ")
    address, *rest = told.split()
    answers = dict(part.split(":") for part in rest if re.fullmatch(r"\w+:[\d|/]+", part))
    kind, scope, *named = rest[len(answers) :]
    who = frozenset().union(*(GROUPS.get(name, {name}) for name in named))
    written = frozenset(LEAVES.get(kind, set()) | set(leaves.split()))
    return [Verdict(one, answers, kind, scope, who, written) for one in _each(address)]


def _each(address: str) -> list[str]:
    """The addresses that one with alternatives stands for."""
    parts = re.split(r"{([\w|]*\|[\w|]*)}", address)
    choices = [part.split("|") if at % 2 else [part] for at, part in enumerate(parts)]
    return ["".join(chosen) for chosen in product(*choices)]


def verdicts() -> list[Verdict]:
    """The table, address by address."""
    return [verdict for line in TABLE.splitlines() if line.strip() for verdict in _read(line)]

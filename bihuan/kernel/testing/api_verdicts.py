"""Who may reach what through the API (#1): one line for each operation, written by hand. One without a line fails the build.

``reads``: whoever sees the record (headquarters all, a branch its own); out of sight is 404. ``everyone``: open to
everybody who holds a role; ``own``: what one announced oneself.
Else the roles, or ties to the record (``@assignee``), that may write (or read one); who only sees it in a list gets 403.
"""

from .verdicts import GROUPS

TABLE = """
GET  /customers                                    reads
GET  /customers/{key}                              reads
GET  /sites                                        reads
GET  /sites/{key}                                  reads
GET  /contacts                                     reads
GET  /contacts/{key}                               reads
GET  /lines                                        everyone
GET  /lines/{key}                                  everyone
GET  /models                                       everyone
GET  /models/{key}                                 everyone
GET  /units                                        reads
GET  /units/{key}                                  reads
GET  /bulletins                                    everyone
GET  /bulletins/{key}                              everyone
GET  /branches                                     everyone
GET  /branches/{key}                               everyone
GET  /people                                       reads
GET  /people/{key}                                 reads
GET  /deadlines                                    reads
GET  /files/{handle}                               reads
HEAD /uploads/{handle}                             own
PATCH /uploads/{handle}                            own
DELETE /uploads/{handle}                           own

GET  /requests                                     reads
POST /requests                                     service_desk export_desk
GET  /requests/{key}                               reads
GET  /requests/{key}/history                       reads
POST /requests/{key}/uploads                       service_desk export_desk after_sales_head branch_lead @assignee
POST /requests/{key}/orders                        branch_lead service_desk export_desk
POST /requests/{key}/steps/forward                 service_desk export_desk
POST /requests/{key}/steps/reroute                 service_desk export_desk after_sales_head
POST /requests/{key}/steps/assign                  branch_lead export_desk
POST /requests/{key}/steps/reassign                branch_lead export_desk
POST /requests/{key}/steps/contact                 @assignee
POST /requests/{key}/steps/solve_by_phone          service_desk export_desk branch_lead @assignee
POST /requests/{key}/steps/hold                    branch_lead @assignee
POST /requests/{key}/steps/resume                  branch_lead @assignee
POST /requests/{key}/steps/visit_again             branch_lead export_desk
POST /requests/{key}/steps/close                   service_desk export_desk branch_lead
POST /requests/{key}/steps/cancel                  service_desk export_desk branch_lead

GET  /orders                                       reads
GET  /orders/{key}                                 reads
GET  /orders/{key}/history                         reads
POST /orders/{key}/uploads                         service_desk export_desk after_sales_head branch_lead @assignee
POST /orders/{key}/steps/amend                     branch_lead service_desk export_desk
POST /orders/{key}/steps/submit                    branch_lead service_desk export_desk
POST /orders/{key}/steps/approve                   after_sales_head
POST /orders/{key}/steps/reject                    after_sales_head
POST /orders/{key}/steps/release_by_phone          branch_lead service_desk export_desk
POST /orders/{key}/steps/confirm                   after_sales_head
POST /orders/{key}/steps/accept                    @assignee
POST /orders/{key}/steps/decline                   @assignee
POST /orders/{key}/steps/depart                    @assignee
POST /orders/{key}/steps/arrive                    @assignee
POST /orders/{key}/steps/report                    @assignee
POST /orders/{key}/steps/cancel                    branch_lead service_desk export_desk

GET  /records                                      reads
GET  /records/{key}                                reads
GET  /records/{key}/history                        reads
POST /records/{key}/uploads                        export_desk branch_lead @assignee
POST /records/{key}/steps/fill_in                  @assignee
POST /records/{key}/steps/sign                     @assignee
POST /records/{key}/steps/refuse                   @assignee
POST /records/{key}/steps/send_back                branch_lead export_desk
POST /records/{key}/steps/review                   branch_lead export_desk

GET  /nonconformities                              reads
GET  /nonconformities/{key}                        reads
GET  /nonconformities/{key}/history                reads
POST /nonconformities/{key}/uploads                quality after_sales_head branch_manager @assignee
POST /nonconformities/{key}/steps/hand_over        quality after_sales_head branch_manager
POST /nonconformities/{key}/steps/plan             @assignee
POST /nonconformities/{key}/steps/correct          @assignee
POST /nonconformities/{key}/steps/verify           quality after_sales_head
POST /nonconformities/{key}/steps/redo             quality after_sales_head

GET  /reviews                                      reads
GET  /reviews/{key}                                *evidence
GET  /reviews/{key}/history                        *evidence
POST /reviews/{key}/uploads                        quality after_sales_head branch_manager
POST /reviews/{key}/steps/assign                   quality after_sales_head
POST /reviews/{key}/steps/hand_over                quality after_sales_head
POST /reviews/{key}/steps/clear                    quality after_sales_head
POST /reviews/{key}/steps/escalate                 quality after_sales_head branch_manager
POST /reviews/{key}/steps/conclude                 quality after_sales_head

GET  /person-requests                              reads
GET  /person-requests/{key}                        reads
GET  /person-requests/{key}/history                reads
POST /person-requests/{key}/uploads                service_desk branch_lead quality after_sales_head
POST /person-requests/{key}/steps/grant_copy       quality after_sales_head
POST /person-requests/{key}/steps/correct          service_desk branch_lead after_sales_head
POST /person-requests/{key}/steps/forget           quality after_sales_head
POST /person-requests/{key}/steps/refuse           quality after_sales_head
POST /person-requests/{key}/steps/answer           service_desk branch_lead quality after_sales_head
"""

OPEN = {"/", "/openapi.json", "/docs"}  # say nothing about anybody's data


def verdicts() -> dict[str, set[str]]:
    """Operation ("GET /requests/{key}") → who may."""
    lines = [line.split() for line in TABLE.splitlines() if line.strip()]
    return {f"{method} {path}": set().union(*(GROUPS.get(word, {word}) for word in who)) for method, path, *who in lines}

from django.urls import path, register_converter

from .views import calendar, people, places


class Username:
    """An account name in an address."""

    regex = r"[\w.@+-]+"
    to_python = to_url = staticmethod(str)


register_converter(Username, "username")

urlpatterns = [
    path("organisation/", places.organisation, name="organisation"),
    path("people/new/", people.new_person, name="person-new"),
    path("people/<username:username>/", people.person, name="person"),
    path("people/<username:username>/edit/", people.edit_person, name="person-edit"),
    path("people/<username:username>/off/", people.switch, {"way": "off"}, name="person-off"),
    path("people/<username:username>/on/", people.switch, {"way": "on"}, name="person-on"),
    path("people/<username:username>/password-link/", people.password_link, name="person-password-link"),
    path("people/<username:username>/sign-in-help/", people.sign_in_help, name="person-sign-in-help"),
    path("people/<username:username>/directory/", people.link, name="person-directory"),
    path("people/<username:username>/appoint/", people.appoint, name="appoint"),
    path("appointments/<int:pk>/end/", people.end_appointment, name="appointment-end"),
    path("deputies/", people.deputies, name="deputies"),
    path("deputies/new/", people.new_deputy, name="deputy-new"),
    path("deputies/<int:pk>/end/", people.end_deputy, name="deputy-end"),
    path("branches/new/", places.new_branch, name="branch-new"),
    path("branches/<slug:code>/", places.branch, name="branch"),
    path("branches/<slug:code>/edit/", places.edit_branch, name="branch-edit"),
    path("branches/<slug:code>/departments/", places.new_department, name="department-new"),
    path("territory/", places.territory, name="territory"),
    path("territory/<slug:code>/", places.edit_region, name="region-edit"),
    path("calendars/", calendar.calendar_page, name="calendars"),
    path("calendars/<slug:code>/", calendar.calendar_page, name="calendar"),
    path("calendars/<slug:code>/<int:year>/", calendar.publish, name="calendar-publish"),
]

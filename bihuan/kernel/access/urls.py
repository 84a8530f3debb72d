"""The door's pages. Names: login, logout, account, password, reset, set_language …"""

from django.urls import path

from . import account_views, passkey_views, provider_views, views

urlpatterns = [
    path("login/", views.sign_in, name="login"),
    path("login/code/", views.second, name="second"),
    path("login/authenticator/", views.enrol, name="enrol"),
    path("login/passkey/", passkey_views.sign_in, name="passkey_sign_in"),
    path("login/company/", provider_views.leave, name="company"),
    path("login/company/back/", provider_views.back, name="company_back"),
    path("account/company/", provider_views.anew, name="company_anew"),
    path("passkeys/options/", passkey_views.options, name="passkey_options"),
    path("logout/", views.sign_out, name="logout"),
    path("reset/", views.forgot, name="reset"),
    path("reset/sent/", views.reset_sent, name="reset_sent"),
    path("reset/new/", views.reset_new, name="reset_new"),
    path("reset/<str:token>/", views.reset_open, name="reset_open"),
    path("account/", account_views.account, name="account"),
    path("account/language/", views.language, name="set_language"),
    path("account/password/", account_views.password, name="password"),
    path("account/second-factor/", account_views.second_factor_settings, name="second_factor"),
    path("account/passkeys/new/", passkey_views.add, name="new_passkey"),
    path("account/passkeys/<int:pk>/", passkey_views.one, name="passkey"),
    path("account/sessions/end-others/", account_views.end_others, name="end_others"),
    path("account/sessions/<int:pk>/end/", account_views.end_session, name="end_session"),
    path("account/tokens/new/", account_views.new_token, name="new_token"),
    path("account/tokens/<int:pk>/revoke/", account_views.revoke_token, name="revoke_token"),
]

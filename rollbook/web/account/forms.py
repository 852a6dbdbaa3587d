"""allauth's forms, where ours say more or less; and those of our own."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.account import forms as account
from allauth.account.fields import PasswordField
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as mfa
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn import forms as webauthn
from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from rollbook.domains.access import actions as access
from rollbook.domains.access.actor import ANONYMOUS
from rollbook.domains.access.rules import LONGEST_PASSWORD
from rollbook.web.account.tries import noting_vain


def refuse_long(password: str) -> None:
    if len(password.encode()) > LONGEST_PASSWORD:
        raise ValidationError(_("This password is too long."), code="too_long")


class Plain(forms.Form):
    """Labels say what placeholders would, and stay; passwords end somewhere."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
            if isinstance(field, PasswordField):
                field.help_text = ""
                field.validators.append(refuse_long)


class LoginForm(Plain, account.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        login = self.fields["login"]
        login.label = _("Login or e-mail")
        login.max_length = 254
        login.widget.attrs |= {"maxlength": 254, "autocomplete": "username webauthn", "autocapitalize": "none"}

    def clean_login(self) -> str:
        login: str = super().clean_login()
        if len(login) > 254:
            raise ValidationError(_("This is too long."), code="too_long")
        return login


class ReauthenticateForm(Plain, account.ReauthenticateForm):
    pass


class ChangePasswordForm(Plain, account.ChangePasswordForm):
    pass


class SetPasswordForm(Plain, account.SetPasswordForm):
    pass


class ResetPasswordKeyForm(Plain, account.ResetPasswordKeyForm):
    pass


class ResetPasswordForm(Plain, account.ResetPasswordForm):
    """The same is done for any address: a job finds out whose it is."""

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        email = str(self.cleaned_data["email"])
        access.order_reset(email=email, by=ANONYMOUS)
        return email


class Once(forms.Form):
    """A code of an authenticator app is taken once, however long it is valid."""

    user: Any
    authenticator: Authenticator

    def clean_code(self) -> str:
        with noting_vain(self.user):
            code = str(super().clean_code())  # type: ignore[misc]
            digits = "".join(filter(str.isdigit, code))
            if self.authenticator.type == Authenticator.Type.TOTP and not access.spend_code(
                user_id=self.user.pk, code=digits, by=self.user.as_actor(via="web")
            ):
                raise get_adapter().validation_error("incorrect_code")
            return code


class AuthenticateForm(Once, Plain, mfa.AuthenticateForm):
    pass


class ReauthenticateByCodeForm(Once, Plain, mfa.ReauthenticateForm):
    pass


class CredentialField(forms.JSONField):
    def to_python(self, value: Any) -> Any:
        try:
            credential = super().to_python(value)
        except RecursionError as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error
        if credential is not None and not isinstance(credential, dict):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return credential


class Careful(forms.Form):
    """What comes as a passkey is a stranger's: whatever is wrong with it is an error of the form. allauth lets through
    missing parts, broken encodings and signatures that do not match."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["credential"] = CredentialField(widget=forms.HiddenInput)

    @contextmanager
    def refusing(self) -> Iterator[None]:
        try:
            yield
        except ValidationError:
            raise
        except Exception as error:
            raise get_adapter().validation_error("incorrect_code") from error


class Named(forms.Form):
    """allauth has no word for the name of a key."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name")


class EditKeyForm(Named, webauthn.EditWebAuthnForm):
    pass


class AddKeyForm(Named, Careful, webauthn.AddWebAuthnForm):
    def clean(self) -> Any:
        with self.refusing():
            return super().clean()


class KeyForm(Careful):
    user: Any
    """None at sign-in: whose key it is said to be, is said by a stranger."""

    def clean_credential(self) -> Any:
        with noting_vain(self.user), self.refusing():
            return super().clean_credential()  # type: ignore[misc]


class AuthenticateByKeyForm(KeyForm, webauthn.AuthenticateWebAuthnForm):
    pass


class ReauthenticateByKeyForm(KeyForm, webauthn.ReauthenticateWebAuthnForm):
    pass


class SignInByKeyForm(KeyForm, webauthn.LoginWebAuthnForm):
    pass


class NameForm(forms.Form):
    name = forms.CharField(label=pgettext_lazy("of a person", "Name"), max_length=150)


class SignInForm(forms.Form):
    """By what one signs in."""

    username = forms.CharField(label=_("Login"), max_length=150)
    email = forms.EmailField(label=_("E-mail"), max_length=254, required=False)
    version = forms.IntegerField(widget=forms.HiddenInput)


class AcceptForm(forms.Form):
    secret = forms.CharField(widget=forms.HiddenInput, max_length=200)
    name = forms.CharField(
        label=pgettext_lazy("of a person", "Name"), max_length=150, widget=forms.TextInput({"autocomplete": "name"})
    )
    username = forms.CharField(
        label=_("Login"), max_length=150,
        help_text=_("Latin letters, digits and . + - _: you sign in by it or by e-mail."),
        widget=forms.TextInput({"autocomplete": "username", "autocapitalize": "none"}),
    )
    email = forms.EmailField(
        label=_("E-mail"), max_length=254, required=False, widget=forms.EmailInput({"autocomplete": "email"}),
        help_text=_("Without it nobody can send you a new password."),
    )
    password = forms.CharField(
        label=_("Password"), strip=False, validators=[refuse_long], help_text=_("10 characters or more."),
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )

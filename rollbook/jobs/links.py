from django.conf import settings
from django.urls import reverse


def sign_in_link(secret: str) -> str:
    return f"{settings.PUBLIC_URL}{reverse('account-link', args=[secret])}"

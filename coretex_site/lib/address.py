"""Where people reach the product. Knows no requests."""

from django.conf import settings


def site_address() -> str:
    """Scheme, host and port without a slash at the end, as far as the settings tell."""
    if settings.CSRF_TRUSTED_ORIGINS:
        return settings.CSRF_TRUSTED_ORIGINS[0].rstrip("/")
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.HOST, settings.HOST)  # noqa: S104
    return f"http://{f'[{host}]' if ':' in host and not host.startswith('[') else host}:{settings.PORT}"

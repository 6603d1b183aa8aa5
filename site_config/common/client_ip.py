"""Where a request comes from, as far as it can be believed."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_ip(request: HttpRequest) -> str:
    """Return the visitor's address, or an empty string if it is not known.

    X-Forwarded-For is believed only as far as proxies of ours wrote it: each adds one address at
    the right end, what stands to the left of them is the visitor's own invention.
    """
    count: int = settings.TRUSTED_PROXY_COUNT
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    if count and len(forwarded) >= count:
        address = forwarded[-count].strip()
    else:
        address = request.META.get("REMOTE_ADDR", "")
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return ""


def client_network(request: HttpRequest) -> str:
    """Return what limits count by: an IPv4 address, or the /64 network of an IPv6 one."""
    address = client_ip(request)
    if ":" not in address:
        return address
    parsed = ipaddress.IPv6Address(address)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((parsed, 64), strict=False))

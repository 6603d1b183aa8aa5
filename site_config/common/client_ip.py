"""Where a request comes from, as far as it can be believed."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_ip(request: HttpRequest) -> str:
    """Return the visitor's address, or an empty string if it is not known."""
    return believed_address(
        request.META.get("HTTP_X_FORWARDED_FOR", ""), request.META.get("REMOTE_ADDR", "")
    )


def client_network(request: HttpRequest) -> str:
    """Return what limits count by: an IPv4 address, or the /64 network of an IPv6 one."""
    return network_of(client_ip(request))


def believed_address(forwarded_for: str, remote: str) -> str:
    """Return the address to believe of an X-Forwarded-For header and the connection's own.

    The header is believed only as far as proxies of ours wrote it: each adds one address at the
    right end, what stands to the left of them is the visitor's own invention.
    """
    count: int = settings.TRUSTED_PROXY_COUNT
    forwarded = forwarded_for.split(",")
    address = forwarded[-count].strip() if count and len(forwarded) >= count else remote
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return ""


def network_of(address: str) -> str:
    """Return the network of an address: itself, or the /64 of an IPv6 one."""
    if ":" not in address:
        return address
    parsed = ipaddress.IPv6Address(address)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((parsed, 64), strict=False))

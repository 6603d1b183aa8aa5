"""VK's errors by number: what the stand-in refuses with, and what a test may order."""

MESSAGES = {
    1: "Unknown error occurred",
    3: "Unknown method passed",
    5: "User authorization failed",
    6: "Too many requests per second",
    7: "Permission to perform this action is denied",
    8: "Invalid request",
    9: "Flood control",
    10: "Internal server error",
    13: "Runtime error occurred during code invocation",
    15: "Access denied",
    18: "User was deleted or banned",
    27: "Group authorization failed",
    29: "Rate limit reached",
    43: "This section is temporary unavailable",
    100: "One of the parameters specified was missing or invalid",
    103: "Out of limits",
    104: "Not found",
    113: "Invalid user id",
    900: "Can't send messages for users from blacklist",
    901: "Can't send messages for users without permission",
    902: "Can't send messages to this user due to their privacy settings",
    909: "Can't edit this message, because it's too old",
    911: "Keyboard format is invalid",
    912: "This is a chat bot feature, change this status in settings",
    913: "Too many forwarded messages",
    914: "Message is too long",
    917: "You don't have access to this chat",
    920: "Can't edit this kind of message",
    924: "Can't delete this message for everybody",
    927: "Chat does not exist",
    984: "Can't send messages: spam restriction",
    1021: "No conversation with this user yet",
    2000: "Servers number limit is reached",
}


class VKError(Exception):
    """A refusal by VK."""

    def __init__(self, code: int, detail: str = "") -> None:
        message = MESSAGES.get(code, f"Error {code}")
        super().__init__(f"{message}: {detail}" if detail else message)
        self.code = code
        self.brief = message


def invalid(name: str, what: str = "is invalid") -> VKError:
    """Return the error of a parameter that is missing or wrong."""
    return VKError(100, f"{name} {what}")

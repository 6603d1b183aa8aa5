"""Texts that try to become part of a page, in whatever field they stand."""

XSS = [
    "<img src=x onerror=console.error('xss')>",
    "<script>console.error('xss')</script>",
    "\"><svg onload=console.error('xss')>",
    "<style>*{display:none}</style>",
    "javascript:console.error('xss')",
    "[a](javascript:console.error('xss'))",
    "<a href='javascript:console.error(1)'>x</a>",
    "http://127.0.0.1@evil.example/ https://evil.example/x",
    "{{constructor.constructor('console.error(1)')()}}",
    "\u202eвпередназад\u2066 </p><b>жирно</b>",
]

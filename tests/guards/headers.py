"""What each answer must say to a browser, written by hand: whatever the settings are, a test compares with this."""

EXPECTED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
}
OFF = ("camera=()", "microphone=()", "geolocation=()", "payment=()", "usb=()", "display-capture=()")
POLICY = {
    "default-src": "'self'", "script-src": "'self'", "style-src": "'self'", "object-src": "'none'",
    "base-uri": "'none'", "form-action": "'self'", "frame-ancestors": "'none'", "frame-src": "'none'",
    "worker-src": "'none'", "img-src": "'self' data:",
}


def missing(headers, *, kept=False):
    """What an answer does not say of all that; `kept` where a browser may keep it, as it may a static file."""
    wrong = [name for name, value in EXPECTED.items() if headers.get(name) != value]
    powers = headers.get("Permissions-Policy", "")
    wrong += [power for power in (*OFF, "publickey-credentials-get=(self)") if power not in powers]
    if ("no-store" in headers.get("Cache-Control", "")) == kept:
        wrong.append("Cache-Control")
    policy = policy_of(headers)
    if "sandbox" not in policy:  # which is stricter than all below
        wrong += [name for name, value in POLICY.items() if policy.get(name) != value]
        policy.pop("connect-src", None)  # names the event stream, where it has an address of its own
        wrong += [word for word in ("unsafe", "*", "http:", "nonce") if word in " ".join(policy.values())]
    return wrong


def policy_of(headers):
    """The directives of the policy of contents, by name."""
    told = (part.strip().partition(" ") for part in headers.get("Content-Security-Policy", "").split(";"))
    return {name: value for name, _blank, value in told if name}

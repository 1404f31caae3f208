# Made by romm-admin: the address is verified while it is the trusted one.
address = getattr(request.user, "email", "")
attributes = getattr(request.user, "attributes", None)
trusted = attributes.get("romm_trusted_email") if isinstance(attributes, dict) else None
verified = (
    isinstance(address, str)
    and isinstance(trusted, str)
    and address != ""
    and address.isascii()
    and trusted == address
)
return {
    "email": address if isinstance(address, str) else "",
    "email_verified": verified,
}

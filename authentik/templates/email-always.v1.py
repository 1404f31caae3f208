return {
    "email": request.user.email,
    "email_verified": True,
}

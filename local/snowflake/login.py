"""Who may log in: one user, by password or by the key pair whose public half ALTER USER … SET RSA_PUBLIC_KEY set."""

import base64
import hmac
from typing import Any

import jwt
from cryptography.hazmat.primitives.serialization import load_der_public_key

from account import Account
from errors import SnowflakeError


def refusal(account: Account, data: dict[str, Any]) -> SnowflakeError | None:
    """Why the login in `data` is refused, or None."""
    user = str(data.get('LOGIN_NAME') or '')
    if user.upper() != account.settings.user.upper():
        return SnowflakeError('390100', '08001', 'Incorrect username or password was specified.')
    if str(data.get('AUTHENTICATOR') or '').upper() == 'SNOWFLAKE_JWT':
        key = account.public_keys.get(user.upper())
        return (
            None
            if key and _signed(str(data.get('TOKEN')), key)
            else SnowflakeError('390144', '08001', 'JWT token is invalid.')
        )
    if not hmac.compare_digest(str(data.get('PASSWORD') or '').encode(), account.settings.password.encode()):
        return SnowflakeError('390100', '08001', 'Incorrect username or password was specified.')
    return None


def role_refusal(account: Account, role: str) -> SnowflakeError | None:
    """Why the user may not log in with this role, or None."""
    advice = 'Contact your local system administrator, or attempt to login with another role, e.g. PUBLIC.'
    if role not in account.roles.granted:
        text = f"Role '{role}' specified in the connect string does not exist or not authorized. {advice}"
        return SnowflakeError('390189', '08001', text)
    if not account.roles.usable(role):
        text = f"Role '{role}' specified in the connect string is not granted to this user. {advice}"
        return SnowflakeError('390186', '08004', text)
    return None


def _signed(token: str, public_key: str) -> bool:
    try:
        key = load_der_public_key(base64.b64decode(''.join(public_key.split())))
        # the Node driver writes iat in milliseconds, and Snowflake does not mind
        jwt.decode(token, key, algorithms=['RS256'], options={'verify_aud': False, 'verify_iat': False})
        return True
    except (jwt.PyJWTError, ValueError):
        return False

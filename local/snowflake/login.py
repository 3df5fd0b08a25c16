"""Who may log in: one user, by password or by a key pair whose public half is his RSA_PUBLIC_KEY or RSA_PUBLIC_KEY_2."""

import base64
import hmac
import time
from typing import Any

import jwt
from cryptography.hazmat.primitives.serialization import load_der_public_key

from account import Account
from errors import SnowflakeError

LEEWAY_SECONDS = 30


def refusal(account: Account, data: dict[str, Any]) -> SnowflakeError | None:
    """Why the login in `data` is refused, or None."""
    user = str(data.get('LOGIN_NAME') or '')
    if user.upper() != account.settings.user.upper():
        return SnowflakeError('390100', '08001', 'Incorrect username or password was specified.')
    if str(data.get('AUTHENTICATOR') or '').upper() == 'SNOWFLAKE_JWT':
        keys = account.public_keys.get(user.upper(), {}).values()
        token = str(data.get('TOKEN'))
        return (
            None
            if any(key and _signed(token, key) for key in keys)
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
        options = {'verify_aud': False, 'verify_iat': False, 'verify_exp': False}
        said = jwt.decode(token, key, algorithms=['RS256'], options=options)
        return _seconds(said['iat']) - LEEWAY_SECONDS <= time.time() <= _seconds(said['exp']) + LEEWAY_SECONDS
    except (jwt.PyJWTError, ValueError, KeyError):
        return False


def _seconds(moment: float) -> float:
    """The Node driver writes moments in milliseconds, and Snowflake does not mind."""
    return moment / 1000 if moment > 1e11 else moment

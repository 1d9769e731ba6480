"""One route with settings, in front of backends: for the tests of what routes edit, limit and copy."""
from fairlead import pool


def one_route(*addresses, listener=None, pools=None, rest=None, **route):
    """Listener `web` on <web> whose first route goes to pool `app` with these settings."""
    routes = [route if {"redirect", "respond"} & set(route) else {"pool": "app", **route}, *(rest or [])]
    return {
        "workers": 1,
        "listeners": {"web": {"bind": "127.0.0.1:<web>", "routes": routes, **(listener or {})}},
        "pools": {"app": pool(*(addresses or ["127.0.0.1:1"])), **(pools or {})},
    }

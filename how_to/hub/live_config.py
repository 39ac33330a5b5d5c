"""The hub of ``jupyterhub_config.py``, with live sessions at ``/services/live/``.

Start it with this file instead: ``jupyterhub -f /srv/hub/live_config.py``. It needs the proxy that
``npm install -g configurable-http-proxy`` brings: the one from pip passes on only what is whole, and to
ten people at a time.
"""

import sys
from pathlib import Path

c = get_config()  # noqa: F821 - JupyterHub brings it
load_subconfig(str(Path(__file__).with_name("jupyterhub_config.py")))  # noqa: F821 - this, too

# Who opens sessions. Everybody else joins them, without an account.
FACILITATORS = {"instructor"}

c.JupyterHub.services = [
    {
        "name": "live",
        "url": "http://127.0.0.1:8087",  # any port that is free
        "command": [sys.executable, "-m", "partners.live.hub"],
        # An account of the machine that nobody logs in to; the sessions are kept in its home.
        "user": "live",
        # The page that asks “Do you let this service know who you are?” is for services of others.
        "oauth_no_confirm": True,
    }
]
# Who is in a group of the hub may, too, with "groups": ["its name"] beside "users".
c.JupyterHub.load_roles = [
    {
        "name": "open-live",
        "users": sorted(FACILITATORS),
        "scopes": ["access:services!service=live"],
    }
]
# What phones are told as the address, if it is not the one at which /open was visited:
# c.JupyterHub.public_url = "https://your-hub.example.org"

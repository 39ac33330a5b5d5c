"""JupyterHub for this course on one machine, where each person has an account of the machine.

Copy the whole folder ``hub`` to a place that only root can write to, and start the hub as root:
``jupyterhub -f /srv/hub/jupyterhub_config.py``. https://jupyterhub.readthedocs.io says the rest.
"""

from pathlib import Path

c = get_config()  # noqa: F821 - JupyterHub brings it

# Who grades. Everybody else is a student.
INSTRUCTORS = {"instructor"}

# Behind a web server that speaks https, or with c.JupyterHub.ssl_key and ssl_cert.
c.JupyterHub.bind_url = "http://127.0.0.1:8000"
# People log in with the name and password of their account on this machine. nbgrader hands work out
# and in under that account: with one account for everybody, all work would be of one student.
c.JupyterHub.authenticator_class = "pam"
c.Authenticator.allow_all = True
c.Authenticator.blocked_users = {"root"}
c.Spawner.default_url = "/lab"


def settings(spawner):
    """Leave out of a student's Jupyter what is for grading, by the settings in ``students``."""
    if spawner.user.name not in INSTRUCTORS:
        spawner.environment["JUPYTER_CONFIG_PATH"] = str(Path(__file__).parent / "students")


c.Spawner.pre_spawn_hook = settings

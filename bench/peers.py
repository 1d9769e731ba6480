"""Who is measured, by name; each has a file of its own."""

from fairlead import Fairlead
from haproxy import Haproxy
from nginx import Nginx

ALL = {kind.name: kind for kind in (Nginx, Haproxy, Fairlead)}

"""nginx from Debian, laid out as the official image is: conf.d, one worker, logs on the streams."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pausedemo.images import debian
from pausedemo.images.archive import ImageConfig
from pausedemo.images.recipes.base import PATH, TOOLS, Built, Recipe, add_accounts
from pausedemo.images.rootfs import Rootfs
from pausedemo.images.workshop import Workshop

WWW_DATA: Final = 33  # as base-passwd numbers it

# error_log at notice, the official image's level: "signal process started" is a notice.
_NGINX_CONF: Final = b"""\
user www-data;
worker_processes 1;
error_log /var/log/nginx/error.log notice;
pid /run/nginx.pid;

events {
    worker_connections 1024;
}

http {
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    access_log /var/log/nginx/access.log;
    sendfile on;
    keepalive_timeout 65;
    include /etc/nginx/conf.d/*.conf;
}
"""

# No default_server: a file that names itself so takes over, as in the article.
_DEFAULT_CONF: Final = b"""\
server {
    listen 80;
    server_name localhost;

    location / {
        root /usr/share/nginx/html;
        index index.html;
    }
}
"""

_CONFIG: Final = ImageConfig(
    command=("nginx", "-g", "daemon off;"),
    env={"PATH": PATH},
    stop_signal="SIGQUIT",
    exposed_ports=("80/tcp",),
)


def make_recipe() -> Recipe:
    """The recipe, for this machine's Debian release."""
    release = debian.read_release()[0]
    return Recipe(
        name="nginx",
        version=release,
        inputs=(Path(__file__),),
        release=release,
        steps=2,
        build=_build,
    )


def _build(workshop: Workshop) -> Built:
    workshop.advance("fetching nginx and busybox-static")
    root = debian.fetch_packages(workshop, ("nginx-light", "busybox-static"))
    workshop.advance("putting the files together")
    rootfs = Rootfs()
    debian.add_programs(rootfs, root, ("usr/sbin/nginx", "usr/bin/busybox"))
    for applet in TOOLS:
        rootfs.add_symlink(f"usr/bin/{applet}", "busybox")
    rootfs.add_file("etc/nginx/nginx.conf", _NGINX_CONF)
    rootfs.add_file("etc/nginx/conf.d/default.conf", _DEFAULT_CONF)
    for name in ("mime.types", "proxy_params", "fastcgi_params"):
        rootfs.add_file(f"etc/nginx/{name}", debian.find_file(root, f"etc/nginx/{name}"))
    page = debian.find_file(root, "usr/share/nginx/html/index.html")
    rootfs.add_file("usr/share/nginx/html/index.html", page)
    rootfs.add_symlink("var/log/nginx/access.log", "/dev/stdout")
    rootfs.add_symlink("var/log/nginx/error.log", "/dev/stderr")
    rootfs.add_folder("var/lib/nginx", uid=WWW_DATA, gid=WWW_DATA)
    for folder in ("run", "proc", "sys", "dev", "root"):
        rootfs.add_folder(folder)
    add_accounts(rootfs, ("www-data", WWW_DATA, "/var/www"))
    return Built(rootfs, _CONFIG, debian.read_package_version(root, "nginx-light"))

"""How to build each image on this machine, from pause.c, Debian's packages and npm."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from pausedemo.images.recipes import busybox, ghost, nginx, pause
from pausedemo.images.recipes.base import Recipe

RECIPES: Final[Mapping[str, Callable[[], Recipe]]] = {
    "busybox": busybox.make_recipe,
    "ghost": ghost.make_recipe,
    "nginx": nginx.make_recipe,
    "pause": pause.make_recipe,
}

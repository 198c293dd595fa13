"""Descriptions of events: a place and what is the matter there. Never a person."""

from __future__ import annotations

from functools import cache

import numpy as np

from geodata.demo.names import FIRST, RURAL_ENDS, two_characters

ROADS = ("路", "街", "大道", "巷")
URBAN = ("{a}与{b}交叉口", "{a}{n}号附近", "{a}公交站旁", "{c}小区东门", "{c}小区{m}栋楼下",
         "{c}农贸市场门口", "{c}公园北侧")
RURAL = ("{v}村道旁", "{v}便民服务点附近", "{v}水渠边", "通往{v}的公路{m}公里处", "{v}小学门前")
DEDICATED = ("{c}产业园{m}号楼", "{c}商务中心南侧", "{c}校区西门", "{a}{c}大厦地下车库入口")
BY_KIND = (RURAL, URBAN, DEDICATED)
POOL = 1500


@cache
def place_pool() -> tuple[tuple[str, ...], ...]:
    """Places for rural, urban and dedicated grids, POOL of each; always the same."""
    rng = np.random.default_rng(POOL)
    first = two_characters(FIRST, "安和平福新文太华江山阳兴")
    villages = two_characters(FIRST, RURAL_ENDS)

    def one(forms: tuple[str, ...]) -> str:
        a, b, c = ((int(rng.integers(len(first))) + k * 37) % len(first) for k in range(3))
        road = [first[k] + ROADS[int(rng.integers(len(ROADS)))] for k in (a, b)]
        return forms[int(rng.integers(len(forms)))].format(
            a=road[0], b=road[1], c=first[c], v=villages[int(rng.integers(len(villages)))],
            n=int(rng.integers(1, 380)), m=int(rng.integers(1, 30)),
        )  # fmt: skip

    return tuple(tuple(one(forms) for _ in range(POOL)) for forms in BY_KIND)

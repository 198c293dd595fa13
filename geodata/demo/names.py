"""Invented names in Chinese and English for every area, and codes that no real division carries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
from pypinyin import lazy_pinyin

CITY_CODE, CITY_NAME, CITY_NAME_EN = "990100", "云江市", "Yunjiang City"
DISTRICT_PREFIX = "99"  # no province of GB/T 2260 begins so

# By distance from the middle of the city: the last are counties.
DISTRICTS = (
    "石桥", "明湖", "江口", "云门", "玉峰", "渡口", "金华", "清溪", "望江", "南屏", "北泉", "青木", "双河", "西永",
    "东山", "白沙", "龙溪", "铜鼓", "凤栖", "长岭", "观澜", "枫林", "兰谷", "星桥", "碧城", "鹿鸣", "竹海", "梅坞",
    "松岭", "九曲", "云台", "沧浪", "麦川", "丹岩", "银滩", "安澜", "溪源", "鹤田",
)  # fmt: skip
COUNTY_SHARE = 0.3
BY_THE_LAKE, BY_THE_CONFLUENCE = "明湖", "江口"
READINGS = {"长": "chang"}  # where a place name is read otherwise than the character alone

FIRST = "青明云龙凤金银玉石松柏竹梅兰桂清白红碧翠双三南北东西长永安和福新文太平鹤鹿荷柳枫沙泉星月朝晴望观锦秀"
SECOND = "山溪河湖桥门滩湾坪岭坝林泉井渡口台塘田园洲岩峰谷坡浦港屏津潭池堰亭楼"
WORDS = (
    "和平", "新华", "码头", "松园", "碧泉", "塔院", "柳岸", "文峰", "滨江", "迎春", "向阳", "朝晖", "建设", "胜利",
    "团结", "友谊", "兴业", "百花", "学府", "书院", "钟楼", "鼓楼", "广场", "公园", "体育场", "车站", "花园", "绿苑",
)  # fmt: skip
URBAN_ENDS, RURAL_ENDS = "里苑坊园台井桥亭洲", "湾坪沟坝塘岗坳冲垭"

# kind, ending in Chinese and English, first number of its codes
STREET_KINDS = (
    ("subdistrict", "街道", "Subdistrict", 1), ("town", "镇", "Town", 100), ("township", "乡", "Township", 200),
)  # fmt: skip
COMMUNITY_KINDS = (("community", "社区", "Community", 1), ("village", "村", "Village", 200))


@cache
def roman(word: str) -> str:
    """The word in Latin letters, as on a signpost: 青木 → Qingmu, 平安 → Ping'an."""
    syllables = [READINGS.get(c, s) for c, s in zip(word, lazy_pinyin(word), strict=True)]
    return "".join(s if i == 0 or s[0] not in "aoe" else "'" + s for i, s in enumerate(syllables)).capitalize()


def two_characters(first: str, second: str) -> list[str]:
    """Every pair of different characters."""
    return [a + b for a in first for b in second if a != b]


def district_words(n: int) -> Iterator[str]:
    """``n`` different words: the 38 of the demo city, and made-up ones beyond."""
    known = list(DISTRICTS)
    known += [w for w in two_characters(SECOND, FIRST) if w not in DISTRICTS]
    yield from known[:n]


def street_words(rng: np.random.Generator, parents: Sequence[int]) -> list[str]:
    """A word for each street; none twice in a district, and none twice in the city while there are enough."""
    words = rng.permutation([w for w in two_characters(FIRST, SECOND) if w not in DISTRICTS]).tolist()
    return _deal(words, len(parents))


def community_words(rng: np.random.Generator, parents: Sequence[int], village: Sequence[bool]) -> list[str]:
    """A word for each community; none twice in a street. Words come again in other streets, as they do in life."""
    town = rng.permutation([*WORDS, *two_characters(FIRST, URBAN_ENDS)]).tolist()
    country = rng.permutation(two_characters(FIRST, RURAL_ENDS)).tolist()
    sequence = {False: iter(_deal(town, len(parents))), True: iter(_deal(country, len(parents)))}
    return [next(sequence[bool(v)]) for v in village]


def _deal(words: list[str], n: int) -> list[str]:
    """``n`` words in turn: the same one comes again only after all others, in another order of streets."""
    return [words[i % len(words)] for i in range(n)]


def numbered(kinds: Sequence[int], parents: Sequence[int], starts: Sequence[int]) -> list[int]:
    """A running number inside each parent for each kind, from that kind's first number."""
    following: dict[tuple[int, int], int] = {}
    out = []
    for kind, parent in zip(kinds, parents, strict=True):
        number = following.get((parent, kind), starts[kind])
        following[parent, kind] = number + 1
        out.append(number)
    return out

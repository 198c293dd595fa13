"""In which encoding a file's texts are, where the file does not say: DBF tables and text formats from the field."""

from __future__ import annotations

import codecs
import re
import struct
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

DBF_LANGUAGE: Mapping[int, str] = MappingProxyType({
    0x4D: "gb18030", 0x7A: "gb18030", 0x4F: "big5hkscs", 0x78: "big5hkscs", 0x4E: "cp949", 0x79: "cp949",
    0x13: "cp932", 0x7B: "cp932", 0x26: "cp866", 0x65: "cp866", 0xC9: "cp1251", 0xC8: "cp1250", 0xCA: "cp1254",
    0x01: "cp437", 0x02: "cp850", 0x03: "cp1252", 0x58: "cp1252",
})  # fmt: skip
"""The language driver byte of a DBF header. 0x57 (ANSI) and 0x00 say nothing."""
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
XML_ENCODING = re.compile(rb"""\s*<\?xml[^>]*?encoding=["']([A-Za-z0-9._-]+)["']""")
CJK_SHARE = 0.45
"""In texts with bytes above ASCII, Chinese has more of them than this; European languages have far fewer."""

COMMON_SHARE = 0.85


def guess(texts: Iterable[bytes]) -> str:
    """The encoding in which all these texts make sense: UTF-8, GBK, Big5 or Western European, in this order."""
    odd = [t for t in texts if not t.isascii()]
    if not odd:
        return "utf-8"
    if _decodes(odd, "utf-8"):
        return "utf-8"
    high = sum(byte > 127 for t in odd for byte in t) / sum(len(t) for t in odd)
    if high < CJK_SHARE:
        return "cp1252" if _decodes(odd, "cp1252") else "latin-1"
    if _decodes(odd, "big5hkscs") and not (_decodes(odd, "gb18030") and _mostly_gb2312(odd)):
        return "big5hkscs"
    return "gb18030" if _decodes(odd, "gb18030") else "latin-1"


def _mostly_gb2312(texts: Iterable[bytes]) -> bool:
    """Whether read as GBK these are the Chinese characters of GB 2312: what Big5 gives there is kana and rare ones."""
    odd = [c for t in texts for c in t.decode("gb18030", "ignore") if not c.isascii()]
    common = sum(c.encode("gb2312", "ignore") >= b"\xb0\xa1" for c in odd)
    return common >= COMMON_SHARE * len(odd)


def _decodes(texts: Iterable[bytes], encoding: str) -> bool:
    """Whether all these are texts in this encoding; the last character may be cut, as narrow columns do."""
    decoder = codecs.getincrementaldecoder(encoding)
    try:
        for t in texts:
            decoder().decode(t, False)
    except UnicodeDecodeError:
        return False
    return True


def dbf_encoding(shapefile: Path) -> tuple[str, bool]:
    """The encoding of a shapefile's table, and whether it was guessed. A .cpg that is wrong is not believed."""
    texts = _dbf_texts(shapefile.with_suffix(_suffix(shapefile, ".dbf")))
    said = _cpg(shapefile)
    if said and _decodes(texts, said):
        return said, False
    language = DBF_LANGUAGE.get(_dbf_language(shapefile.with_suffix(_suffix(shapefile, ".dbf"))), "")
    if language and not said and _decodes(texts, language):
        return language, False
    return guess(texts), True


def _suffix(shapefile: Path, suffix: str) -> str:
    """The suffix as it is written beside the shapefile: .dbf or .DBF."""
    return suffix if shapefile.with_suffix(suffix).exists() else suffix.upper()


def _cpg(shapefile: Path) -> str:
    path = shapefile.with_suffix(_suffix(shapefile, ".cpg"))
    if not path.exists():
        return ""
    text = path.read_text("ascii", "ignore").strip()
    name = {"936": "gb18030", "950": "big5hkscs", "ansi 936": "gb18030", "oem 936": "gb18030"}.get(
        text.lower(), f"cp{text}" if text.isdigit() and len(text) < 5 else text
    )
    try:
        return codecs.lookup({"gbk": "gb18030", "gb2312": "gb18030"}.get(name.lower(), name)).name
    except LookupError:
        return ""


def _dbf_language(path: Path) -> int:
    with path.open("rb") as f:
        head = f.read(32)
    return head[29] if len(head) == 32 else 0


def _dbf_texts(path: Path) -> list[bytes]:
    """The column names and every text value of a DBF table, as bytes."""
    data = path.read_bytes()
    if len(data) < 33:
        return []
    count, head, width = struct.unpack("<IHH", data[4:12])
    fields, texts, at = [], [], 1
    for start in range(32, head - 32, 32):
        field = data[start : start + 32]
        if len(field) < 32 or field[0] == 0x0D:
            break
        texts.append(field[:11].split(b"\0", 1)[0])
        if field[11:12] == b"C":
            fields.append((at, at + field[16]))
        at += field[16]
    for row in range(head, min(head + count * width, len(data)), width):
        texts += [text for a, b in fields if (text := data[row + a : row + b].split(b"\0", 1)[0].strip())]
    return texts


def text_as_utf8(data: bytes) -> tuple[bytes, str]:
    """The content of a text file as UTF-8 without byte order mark, and the encoding it was in."""
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return _redeclared(data.decode(encoding)), encoding
    said = XML_ENCODING.match(data)
    try:
        encoding = codecs.lookup(said[1].decode("ascii")).name if said else "utf-8"
        text = data.decode(encoding)
        return (data if encoding == "utf-8" else _redeclared(text)), encoding
    except (LookupError, UnicodeDecodeError):
        encoding = guess(_odd_words(data))
        return _redeclared(data.decode(encoding, "replace")), encoding


def _redeclared(text: str) -> bytes:
    """As UTF-8, also where an XML declaration says otherwise."""
    raw = text.encode()
    said = XML_ENCODING.match(raw)
    return raw[: said.start(1)] + b"UTF-8" + raw[said.end(1) :] if said else raw


def _odd_words(data: bytes) -> list[bytes]:
    """What stands between quotes, tags and spaces and is not ASCII."""
    table = bytes.maketrans(b"\"'<>,:;{}[]()\r\n\t", b" " * 16)
    return [w for w in data.translate(table).split() if not w.isascii()]

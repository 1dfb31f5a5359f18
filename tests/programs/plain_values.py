# -*- coding: utf-8 -*-
"""Numbers and texts of every kind, for values.py, on every Python from 2.7 on."""
import random
import struct
import sys
import unicodedata

PYTHON2 = sys.version_info[0] == 2
RANDOM = random.Random(4)


def numbers():
    yield 0
    for exponent in range(0, 200):
        for number in (2 ** exponent, 2 ** exponent - 1, 2 ** exponent + 1, 10 ** (exponent // 3)):
            yield number
            yield -number
    for _ in range(300):
        yield RANDOM.getrandbits(RANDOM.randrange(1, 14000))
    for number in (10 ** 4299, 10 ** 4300 - 1, -10 ** 4299, sys.maxsize, -sys.maxsize - 1):
        yield number
    for value in (0.0, -0.0, 1e16, 1e15, 123456789012345678.0, 9999999999999998.0, 1e-4, 1e-5,
                  0.1, 1.0, 1e22, 5e-324, 1.7976931348623157e308, float("inf"), float("-inf"),
                  float("nan"), 2.0 ** 53, 1e100, -1.5, 3.0e-10, 12345.678):
        yield value
        for other in (0.0, -0.0, 1.5, float("nan"), float("-inf"), 1e16):
            yield complex(value, other)
            yield complex(other, value)
    for _ in range(2000):
        yield struct.unpack("<d", struct.pack("<Q", RANDOM.getrandbits(64)))[0]
        yield round(RANDOM.uniform(-1000, 1000), RANDOM.randrange(6))
        yield RANDOM.getrandbits(60) * 10.0 ** RANDOM.randrange(-30, 10)


def character(code):
    """One of that code point, in 2.7 perhaps of two surrogates."""
    return struct.pack("<I", code).decode("utf-32-le") if code not in range(0xD800, 0xE000) else (
        b"\\u%04x" % code if not PYTHON2 else "\\u%04x" % code).decode("unicode-escape")


def is_known(code):
    """Whether all versions of Unicode that Pythons know have the character, or none has it ever."""
    if code in range(0xD800, 0xE000) or code & 0xFFFE == 0xFFFE:
        return True
    return unicodedata.ucd_3_2_0.category(character(code)) != "Cn"


def texts():
    yield u""
    for text in (u"plain", u"it's", u'"', u"it's \"both\"", u"tab\t nl\n cr\r back\\ nul\0 \x7f",
                 u"gr\xf6\xdf", u"\x80\x9f\xa0\xad\xff", u"\u20ac", u"\u2028\u200b\u3000\ufeff",
                 u"\U0001f985", u"\U0010ffff", u"\ud800", u"\udc80x", u"a" * 5000):
        yield text
    known = [code for code in list(range(0x3400)) + list(range(0xA000, 0xAC00)) +
             list(range(0xD700, 0x20000)) + [0x2A6D6, 0xE0001, 0xF0000, 0x10FFFD]
             if is_known(code)]
    for start in range(0, len(known), 1000):
        yield u"".join(map(character, known[start:start + 1000]))
    for limit in (0x80, 0x100, 0x3000, 0x110000):
        below = [code for code in known if code < limit]
        for _ in range(100):
            yield u"".join(character(RANDOM.choice(below))
                           for _ in range(RANDOM.randrange(1, 20)))
    for _ in range(200):
        data = bytes(bytearray(RANDOM.getrandbits(8) for _ in range(RANDOM.randrange(30))))
        yield data
        yield bytearray(data)
    every = bytes(bytearray(range(256)))
    yield every
    yield bytearray(every)
    for text in (b"", b"it's", b'"', b"it's \"both\"", "native"):
        yield text
    for length in (3, 300):
        cut = bytearray(every * 2)
        del cut[:length]
        yield cut
    yield bytearray()

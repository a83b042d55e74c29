"""What a bad line, a bad terminal or a bad program makes of a dialogue."""

import random
from collections.abc import Callable

from tests.fuzz.corpus import FINALS

Pieces = list[bytes]
MAX_PIECES = 400
_NOISE_BYTES = 300
_OVERLONG_BYTES = 5000


def _duplicated(pieces: Pieces, chance: random.Random) -> Pieces:
    at = chance.randrange(len(pieces))
    return [*pieces[: at + 1], *pieces[at:]]


def _dropped(pieces: Pieces, chance: random.Random) -> Pieces:
    at = chance.randrange(len(pieces))
    return [*pieces[:at], *pieces[at + 1 :]]


def _swapped(pieces: Pieces, chance: random.Random) -> Pieces:
    one, other = chance.randrange(len(pieces)), chance.randrange(len(pieces))
    made = list(pieces)
    made[one], made[other] = made[other], made[one]
    return made


def _shuffled(pieces: Pieces, chance: random.Random) -> Pieces:
    at = chance.randrange(len(pieces))
    part = pieces[at : at + 6]
    chance.shuffle(part)
    return [*pieces[:at], *part, *pieces[at + 6 :]]


def _truncated(pieces: Pieces, chance: random.Random) -> Pieces:
    at = chance.randrange(len(pieces))
    piece = pieces[at]
    return [*pieces[:at], piece[: chance.randint(0, len(piece))], *pieces[at + 1 :]]


def _split(pieces: Pieces, chance: random.Random) -> Pieces:
    at = chance.randrange(len(pieces))
    piece = pieces[at]
    cut = chance.randint(0, len(piece))
    return [*pieces[:at], piece[:cut], piece[cut:], *pieces[at + 1 :]]


def _flipped(pieces: Pieces, chance: random.Random) -> Pieces:
    at = chance.randrange(len(pieces))
    piece = bytearray(pieces[at])
    if piece:
        piece[chance.randrange(len(piece))] ^= 1 << chance.randrange(8)
    return [*pieces[:at], bytes(piece), *pieces[at + 1 :]]


def _other_digit(pieces: Pieces, chance: random.Random) -> Pieces:
    at = chance.randrange(len(pieces))
    piece = bytearray(pieces[at])
    digits = [place for place, byte in enumerate(piece) if 0x30 <= byte <= 0x39]
    if digits:
        piece[chance.choice(digits)] = chance.randrange(0x30, 0x3A)
    return [*pieces[:at], bytes(piece), *pieces[at + 1 :]]


def _noisy(pieces: Pieces, chance: random.Random) -> Pieces:
    at = chance.randint(0, len(pieces))
    return [*pieces[:at], chance.randbytes(chance.randint(1, _NOISE_BYTES)), *pieces[at:]]


def _overlong(pieces: Pieces, chance: random.Random) -> Pieces:
    at = chance.randint(0, len(pieces))
    filling = bytes([chance.randrange(0x20, 0x7F)]) * chance.randint(1000, _OVERLONG_BYTES)
    return [*pieces[:at], filling, *pieces[at:]]


def _with_final(pieces: Pieces, chance: random.Random) -> Pieces:
    at = chance.randint(0, len(pieces))
    return [*pieces[:at], chance.choice(FINALS), *pieces[at:]]


def _repeated(pieces: Pieces, chance: random.Random) -> Pieces:
    return pieces * chance.randint(2, 4)


def _unended(pieces: Pieces, chance: random.Random) -> Pieces:
    at = chance.randrange(len(pieces))
    return [*pieces[:at], pieces[at].replace(b"\r\n", b""), *pieces[at + 1 :]]


MUTATIONS: tuple[Callable[[Pieces, random.Random], Pieces], ...] = (
    _duplicated, _dropped, _swapped, _shuffled, _truncated, _split, _flipped, _other_digit, _noisy, _overlong,
    _with_final, _repeated, _unended,
)  # fmt: skip


def mutated(pieces: Pieces, chance: random.Random) -> Pieces:
    """None to eight mutations, one upon the other."""
    for _ in range(chance.randint(0, 8)):
        if pieces:
            pieces = chance.choice(MUTATIONS)(pieces, chance)[:MAX_PIECES]
    return pieces


def joined(pieces: Pieces, chance: random.Random) -> Pieces:
    """As a serial line delivers it: cut where the reader's buffer ends, not where a line does."""
    whole = b"".join(pieces)
    match chance.randrange(3):
        case 0:
            return pieces
        case 1:
            return [whole]
        case _:
            size = chance.choice((1, 2, 7, 16, 64))
            return [whole[at : at + size] for at in range(0, min(len(whole), size * MAX_PIECES), size)]

"""Whether two descriptions are of one person: keys under which likely pairs meet, and how alike a pair is.

Keys are made so that a person described with one or two faults still shares one of them: a family or given name as it
sounds, with the year or with day and month of birth (in either order), both names without any date, or the whole
date without any name. Only pairs that share a key are compared, so that the work does not grow with all pairs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from rapidfuzz.distance import OSA, JaroWinkler

from utenza.infra.names import sort_key

# Names by which somebody is called, and the name on the papers; Italian ones first.
_NICKNAMES = """
beppe peppe pino pippo giuseppe|gianni nanni gio giovanni|franco francesco|checco francesco|ciccio francesco
tonino toni tony nino antonio|totò salvatore|toto salvatore|turi salvatore|gigi luigi|gino luigi|mimmo domenico
memmo guglielmo|sandro alessandro|ale alessandro|alex alessandro|lele raffaele|lello raffaele|vanni giovanni
enzo vincenzo|cenzo vincenzo|berto roberto|dado edoardo|edo edoardo|fede federico|nico nicola|nicolo nicola
niccolo nicola|lollo lorenzo|renzo lorenzo|pierino pietro|piero pietro|mino giacomo|titti tiziana|titta giovanbattista
mike michele|miki michele|michi michele|dani daniele|vale valentina|giusy giuseppina|pina giuseppina|peppina giuseppina
mena filomena|nina antonina|tina concetta|tetta concetta|concettina concetta|rosetta rosa|rosina rosa|mariuccia maria
cettina concetta|lina carolina|lella raffaella|lucy lucia|annina anna|chicca francesca|franca francesca|fra francesca
sandra alessandra|ludo ludovica|vitto vittoria|lisa elisabetta|betta elisabetta|elisa elisabetta|bice beatrice
bea beatrice|cate caterina|rina caterina|tilde matilde|nella antonella|anto antonella|vera veronica|debby debora
deborah debora|sara sarah|bob robert|bill william|jim james|mike michael|kate katherine|liz elizabeth|ana anna
mohamed muhammad|mohammed muhammad|mohammad muhammad|ahmad ahmed|yusuf youssef|iosif giuseppe|ion giovanni
andrei andrea|mihai michele|alexandru alessandro|cristina christina|elena helena|yulia giulia|olexandr alessandro
"""
NICKNAMES: dict[str, str] = {
    word: words[-1]
    for words in (group.split() for group in _NICKNAMES.replace("\n", "|").split("|"))
    for word in words[:-1]
}
_JOINED = "de del della dei degli di da dal dalla dello d la lo le li van von der den el al bin ben st"
_PARTICLES = frozenset(_JOINED.split())
# How Italian spelling sounds, most special first; what is left of vowels is dropped but at the beginning.
_SOUNDS = (
    ("sch", "sk"), ("sc(?=[ei])", "s"), ("gn", "n"), ("gl(?=i)", "l"), ("ch", "k"), ("gh", "g"), ("ph", "f"),
    ("th", "t"), ("ck", "k"), ("c(?=[ei])", "z"), ("c", "k"), ("q", "k"), ("x", "s"), ("z", "s"), ("w", "v"),
    ("j", "i"), ("y", "i"),
    ("h", ""), ("dj", "j"), ("tz", "s"), ("b(?=[pbv])", ""), ("m(?=[pb])", "n"),
)  # fmt: skip
_SOUND_RULES = tuple((re.compile(spelled), sound) for spelled, sound in _SOUNDS)
SOUND_LENGTH = 5


@dataclass(frozen=True, slots=True)
class Described:
    """A person as somebody described it; texts as typed, `birth_date` None if it is not known."""

    given_name: str
    family_name: str
    birth_date: date | None = None
    sex: str = ""
    tax_code: str = ""
    # Keyed hashes of contacts and papers, which say something where two descriptions share one.
    marks: frozenset[int] = frozenset()


@lru_cache(maxsize=65_536)
def words_of(name: str) -> tuple[str, ...]:
    """Return the words of a name, folded, with particles joined to what they belong to: 'De Luca' is 'deluca'."""
    joined: list[str] = []
    prefix = ""
    for word in re.sub(r"[^a-z0-9 ]", " ", sort_key(name.replace("-", " "))).split():
        if word in _PARTICLES:
            prefix += word
            continue
        joined.append(prefix + word)
        prefix = ""
    return (*joined, prefix) if prefix else tuple(joined)


@lru_cache(maxsize=65_536)
def sound(word: str) -> str:
    """Return how a folded word sounds, roughly: consonants after the first letter, doubled ones once, five at most."""
    text = word
    for rule, heard in _SOUND_RULES:
        text = rule.sub(heard, text)
    text = text[:1] + re.sub(r"[aeiou]", "", text[1:])
    return re.sub(r"(.)\1+", r"\1", text)[:SOUND_LENGTH]


def formal(word: str) -> str:
    """Return the name on the papers for one by which somebody is called."""
    return NICKNAMES.get(word, word)


def blocking_keys(person: Described) -> tuple[str, ...]:
    """Return the keys of a description; two that share none are not compared."""
    sounds = [sound(formal(words[0])) for words in (words_of(person.family_name), words_of(person.given_name)) if words]
    keys = {"n:" + ":".join(sorted(sounds))} if len(sounds) == 2 else set()
    if (birth := person.birth_date) is not None:
        days = ":".join(f"{part:02d}" for part in sorted((birth.day, birth.month)))
        keys.add(f"b:{birth.year}:{days}")
        for heard in sounds:
            keys |= {f"y:{heard}:{birth.year}", f"d:{heard}:{days}"}
    return tuple(sorted(keys))


def likeness(one: Described, other: Described) -> float:
    """Return how likely two descriptions are of one person, from 0 to 1."""
    family, given = (words_of(one.family_name), words_of(one.given_name))
    other_family, other_given = (words_of(other.family_name), words_of(other.given_name))
    straight = (_alike(family, other_family), _alike(given, other_given))
    swapped = (_alike(family, other_given), _alike(given, other_family))
    names = max(straight, swapped, key=lambda pair: (min(pair), sum(pair)))
    if min(names) < 0.6:
        return 0.0
    score = 0.5 * sum(names) / 2 + 0.5 * min(names)
    score -= _birth_penalty(one.birth_date, other.birth_date)
    if one.sex and other.sex and one.sex != other.sex:
        score -= 0.12
    if one.marks & other.marks:
        score += 0.08
    return max(0.0, min(1.0, score))


@lru_cache(maxsize=262_144)
def _alike(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    """Return how alike two names are, words in any order, one of them with words left out, or by a nickname."""
    if not one or not other:
        return 0.0
    if "".join(one) == "".join(other):
        return 1.0
    formal_one, formal_other = tuple(map(formal, one)), tuple(map(formal, other))
    if set(formal_one) <= set(formal_other) or set(formal_other) <= set(formal_one):
        return 0.97
    whole = _spelled_alike("".join(one), "".join(other))
    first = _spelled_alike(formal_one[0], formal_other[0]) - (0.04 if len(one) != len(other) else 0.0)
    best = max(_spelled_alike(left, right) for left in formal_one for right in formal_other)
    return max(whole, first if len(one) != len(other) or len(one) == 1 else 0.0, best - 0.1)


def _spelled_alike(one: str, other: str) -> float:
    """Return how alike two words are spelled: a fault counts less in a long word, and less where it sounds the same."""
    if one == other:
        return 1.0
    edits = OSA.distance(one, other, score_cutoff=3)
    if edits > 3:
        return 0.0
    length = max(len(one), len(other))
    score = max(1.0 - 1.1 * edits / length, JaroWinkler.normalized_similarity(one, other) - 0.06 * edits)
    return min(0.98, score + 0.06) if sound(one) == sound(other) else score


def _birth_penalty(one: date | None, other: date | None) -> float:
    """Return what two birth dates speak against their being one: faults of the pen weigh little, other days much."""
    if one is None or other is None:
        return 0.12
    if one == other:
        return -0.05
    # Day and month the other way round may come with another fault.
    return min(_parts_penalty(one, (other.year, other.month, other.day)),
               _parts_penalty(one, (other.year, other.day, other.month)) + 0.05)  # fmt: skip


def _parts_penalty(one: date, other: tuple[int, int, int]) -> float:
    year, month, day = (abs(left - right) for left, right in zip((one.year, one.month, one.day), other, strict=True))
    wrong = sum(1 for part in (year, month, day) if part)
    if wrong == 0:
        return 0.0
    slips = (year in (0, 1, 9, 10) or _one_digit(one.year, other[0])) and (
        day in (0, 1) or _one_digit(one.day, other[2])
    )
    if wrong == 1:
        return 0.06 if slips else 0.1
    return 0.16 if wrong == 2 and slips else 0.5


def _one_digit(one: int, other: int) -> bool:
    return sum(left != right for left, right in zip(f"{one:04d}", f"{other:04d}", strict=True)) == 1

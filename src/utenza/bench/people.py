"""Generated persons with the frequencies and the faults of real registers, for measures of likeness.

Every person is drawn from a seed: the seeds by which figures were tuned and those that are measured are apart.
"""

from __future__ import annotations

import random
from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date, timedelta

from utenza.application.rules.likeness import NICKNAMES, Described

TUNING_SEED, MEASURE_SEED = 11_000, 90_000


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_STEMS = _words(
    "ross bianch ferr russ esposit roman colomb ricc marin grec brun gall cont mancin giordan rizz lombard "
    "morett barbier fontan santor marian rinald carus ferrar fabbr bianc martin vital serr conti villan palumb "
    "sann fior dangel parisi farin bernard testa grass pellegrin vital coppol donat messin negr leon sartor "
    "valent amat guerr basil neri palm orland caputo monti bell carbon silvestr ruggier mazz pagan castell "
    "venturi orsin cattane benedett gatti tarantin pir zanett ferrant volpe alberti cocc franch spin mor "
    "cavall "
)
_ENDINGS = ("i", "o", "a", "ini", "elli", "etti", "ucci", "one", "ato", "acci", "ello", "ino", "otti", "ese", "oni")
_PREFIXES = ("", "", "", "", "", "", "", "", "De ", "Di ", "D'", "Della ", "La ", "Lo ")
WOMEN = _words(
    "Maria Anna Giulia Francesca Sara Laura Chiara Elena Giuseppina Valentina Alessandra Rosa Angela Giovanna "
    "Paola Martina Federica Silvia Teresa Lucia Carmela Caterina Sofia Aurora Alice Ginevra Beatrice Emma "
    "Elisabetta Antonella Concetta Raffaella Debora Veronica Ilaria Noemi Michela Marta Daniela Simona Monica "
    "Barbara Nicoletta Carolina Filomena Matilde Ludovica Vittoria Giorgia Arianna Camilla Rebecca Bianca "
    "Greta "
)
MEN = _words(
    "Giuseppe Antonio Giovanni Mario Luigi Francesco Angelo Vincenzo Pietro Salvatore Carlo Franco Domenico "
    "Bruno Paolo Michele Giorgio Aldo Sergio Luciano Marco Andrea Alessandro Matteo Lorenzo Davide Federico "
    "Riccardo Simone Luca Stefano Roberto Nicola Daniele Edoardo Gabriele Tommaso Leonardo Filippo Samuele "
    "Raffaele Guglielmo Giacomo Emanuele Alberto Fabio Claudio Massimo Enrico Cristian Mattia Gianluca Niccolò "
    "Renato "
)
# Given names of women and of men, and family names, of groups that came from abroad.
FOREIGN = (
    ("Fatima Khadija Amina Samira", "Mohamed Youssef Ahmed Karim", "El Amrani|Ben Salah|Haddad|Bouzid|Mansouri"),
    ("Elena Ioana Mihaela Alina", "Andrei Mihai Ion Alexandru", "Popescu|Ionescu|Munteanu|Radu|Stan|Ciobanu|Dumitru"),
    ("Olena Oksana Nataliya Iryna", "Oleksandr Ivan Vasyl Andriy", "Kovalenko|Shevchenko|Bondarenko|Tkachuk|Melnyk"),
    ("Xiu Mei Li Yan", "Wei Jun Lei Hao", "Zhang|Wang|Chen|Liu|Huang|Zhou|Xu"),
    ("Agnieszka Zofia Małgorzata", "Tomasz Paweł Łukasz", "Wójcik|Kowalski|Woźniak|Dąbrowski|Szymański"),
    ("Carmen Begoña Inés", "José Jesús Ramón", "Núñez García|Muñoz López|Peña Díaz|Ibáñez"),
    ("Jutta Käthe Renate", "Jürgen Günther Björn", "Müller|Schröder|Weiß|Großmann|Köhler"),
)  # fmt: skip
_CALLED: dict[str, list[str]] = {}
for _short, _long in NICKNAMES.items():
    _CALLED.setdefault(_long, []).append(_short)
_KEYS = {"a": "sq", "e": "wr", "i": "uo", "o": "ip", "u": "yi", "r": "te", "t": "ry", "n": "mb", "m": "n", "s": "ad",
         "l": "k", "c": "xv", "d": "sf", "p": "o", "b": "vn", "g": "fh", "v": "cb", "f": "dg", "z": "ax"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pair:
    """A person in the register and another description of the same one."""

    index: int
    described: Described


def families() -> list[str]:
    """Return family names, the commonest first."""
    names = [f"{stem}{ending}" for ending in _ENDINGS for stem in dict.fromkeys(_STEMS)]
    return [f"{_PREFIXES[(at * 7) % len(_PREFIXES)]}{name.capitalize()}" for at, name in enumerate(names)]


def population(count: int, *, seed: int) -> list[Described]:
    """Return `count` different persons: common names are common, one in nine has a sibling, some are twins."""
    draw = random.Random(seed)  # noqa: S311 - invented people
    names = families()
    weights = [1 / (rank + 12) for rank in range(len(names))]
    people: list[Described] = []
    seen: set[tuple[str, str, date | None]] = set()
    while len(people) < count:
        if people and draw.random() < 0.11:
            person = _sibling(people[-1], draw)
        elif draw.random() < 0.04:
            women, men, foreign = draw.choice(FOREIGN)
            sex = draw.choice("FM")
            given = draw.choice((women if sex == "F" else men).split())
            person = Described(given, draw.choice(foreign.split("|")), _birth(draw), sex)
        else:
            sex = draw.choice("FM")
            person = Described(_given(sex, draw), draw.choices(names, weights)[0], _birth(draw), sex)
        key = (person.given_name, person.family_name, person.birth_date)
        if key not in seen:
            seen.add(key)
            people.append(person)
    return people


def _birth(draw: random.Random) -> date:
    return date(1938, 1, 1) + timedelta(days=draw.randrange(69 * 365))


def _given(sex: str, draw: random.Random) -> str:
    names = WOMEN if sex == "F" else MEN
    given = draw.choices(names, [1 / (rank + 6) for rank in range(len(names))])[0]
    return f"{given} {draw.choice(names)}" if draw.random() < 0.12 else given


def _sibling(person: Described, draw: random.Random) -> Described:
    sex = draw.choice("FM")
    given = _given(sex, draw)
    birth = person.birth_date or _birth(draw)
    twin = draw.random() < 0.1
    return Described(
        given, person.family_name, birth if twin else birth + timedelta(days=draw.randrange(330, 3000)), sex
    )


def perturbed(people: list[Described], count: int, *, seed: int) -> list[Pair]:
    """Return `count` other descriptions of persons drawn from `people`, each with one fault or two."""
    draw = random.Random(seed)  # noqa: S311 - as above
    pairs: list[Pair] = []
    while len(pairs) < count:
        index = draw.randrange(len(people))
        person = people[index]
        for _fault in range(1 if draw.random() < 0.65 else 2):
            person = draw.choices(_FAULTS, _FAULT_WEIGHTS)[0](person, draw)
        if (person.given_name, person.family_name, person.birth_date) != (
            people[index].given_name, people[index].family_name, people[index].birth_date
        ):  # fmt: skip
            pairs.append(Pair(index, person))
    return pairs


def _typo(person: Described, draw: random.Random) -> Described:
    part = draw.choice(("given_name", "family_name"))
    name = str(getattr(person, part))
    at = draw.randrange(1, max(len(name), 2))
    kind = draw.randrange(4)
    letter = name[at : at + 1]
    if kind == 0:
        name = name[:at] + name[at + 1 :]
    elif kind == 1:
        name = name[:at] + letter + name[at:]
    elif kind == 2:
        name = name[:at] + draw.choice(_KEYS.get(letter, "e")) + name[at + 1 :]
    else:
        name = name[: at - 1] + name[at : at + 1] + name[at - 1 : at] + name[at + 1 :]
    written = name.strip() or "X"
    return replace(person, given_name=written) if part == "given_name" else replace(person, family_name=written)


def _swapped_names(person: Described, _draw: random.Random) -> Described:
    return replace(person, given_name=person.family_name, family_name=person.given_name)


def _swapped_date(person: Described, _draw: random.Random) -> Described:
    birth = person.birth_date
    if birth is None or birth.day > 12:
        return person
    return replace(person, birth_date=date(birth.year, birth.day, birth.month))


def _wrong_digit(person: Described, draw: random.Random) -> Described:
    birth = person.birth_date
    if birth is None:
        return person
    choice = draw.randrange(3)
    if choice == 0:
        return replace(person, birth_date=_safe(birth.year + draw.choice((-1, 1, -10, 10)), birth.month, birth.day))
    if choice == 1:
        return replace(person, birth_date=_safe(birth.year, birth.month % 9 + 1, birth.day))
    return replace(person, birth_date=_safe(birth.year, birth.month, birth.day % 9 + 1 + birth.day // 10 * 10))


def _safe(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, monthrange(year, month)[1]))


def _called(person: Described, draw: random.Random) -> Described:
    short = _CALLED.get(person.given_name.lower())
    return replace(person, given_name=draw.choice(short).capitalize()) if short else person


def _marks_lost(person: Described, _draw: random.Random) -> Described:
    plain = str.maketrans("òàèìùüéíóúñöäßłąńźś'", "oaeiuueiounoaslanzs ")
    return replace(
        person, given_name=person.given_name.translate(plain), family_name=person.family_name.translate(plain)
    )


def _joined(person: Described, _draw: random.Random) -> Described:
    return replace(person, family_name=person.family_name.replace(" ", "").replace("'", ""))


def _second_name(person: Described, draw: random.Random) -> Described:
    given = person.given_name.split()
    if len(given) > 1:
        return replace(person, given_name=given[0])
    return replace(person, given_name=f"{person.given_name} {draw.choice(WOMEN if person.sex == 'F' else MEN)}")


_FAULTS = (_typo, _swapped_names, _swapped_date, _wrong_digit, _called, _marks_lost, _joined, _second_name)
_FAULT_WEIGHTS = (34, 10, 14, 12, 10, 6, 6, 8)

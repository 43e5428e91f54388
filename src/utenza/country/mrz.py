"""Machine-readable lines of travel documents (ICAO Doc 9303): read, proved by their check digits, compared.

TD3, passports (part 4)         2 lines of 44    P<ITAROSSI<<MARIO<<<...  /  AA1234567<ITA8001014M3001019...
TD2, older cards (part 6)       2 lines of 36
TD1, cards and permits (part 5) 3 lines of 30    C<ITACA12345AB7<<<...    /  8001014M3001019ITA...  /  ROSSI<<MARIO<<
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from utenza.core.errors import N_, Refusal

FILLER = "<"
_WEIGHTS = (7, 3, 1)
# Letters that the standard writes with two (Doc 9303 part 3 section 6); the others lose their marks.
_WRITTEN_OUT = str.maketrans(
    {"Ä": "AE", "Ö": "OE", "Ü": "UE", "ẞ": "SS", "ß": "SS", "Å": "AA", "Æ": "AE", "Ø": "OE", "Œ": "OE", "Þ": "TH",
     "Ĳ": "IJ"}
)  # fmt: skip
_MARKS_LOST = str.maketrans(
    {"ß": "SS", "ẞ": "SS", "Æ": "AE", "Ø": "O", "Œ": "OE", "Þ": "TH", "Đ": "D", "Ð": "D", "Ł": "L", "Ħ": "H", "ı": "I",
     "Ĳ": "IJ"}
)  # fmt: skip
_TILDE = str.maketrans({"Ñ": "NXX"})
_QUOTES = re.compile("[’‘ʼ`´']")


class MrzNotUnderstood(Refusal):
    code = "mrz_not_understood"
    text = N_(
        "These are not machine-readable lines: copy the two lines of 44 (or 36) or the three lines of 30 signs whole,"
        " with their < signs."
    )


@dataclass(frozen=True, slots=True)
class Mrz:
    """What the lines say. `wrong` names the parts whose check digit is not right, 'composite' for that of the whole.

    `birth` and `expiry` are the six digits YYMMDD, since the century is not written; `names_full` tells that the
    field of the names has no room left, so that the last one may be cut.
    """

    form: str
    document_code: str
    issuer: str
    number: str
    nationality: str
    birth: str
    sex: str
    expiry: str
    family_name: str
    given_names: tuple[str, ...]
    names_full: bool
    wrong: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Holder:
    """What the form says of the holder and the document; `sex` is F or M, '' where it is not said."""

    given_name: str
    family_name: str
    birth_date: date | None
    sex: str
    number: str
    expiry: date | None


def lines_of(text: str) -> tuple[str, ...]:
    """Return pasted lines in capitals without blanks; lines that were pasted as one are cut apart.

    :raises MrzNotUnderstood: if they are no machine-readable lines.
    """
    plain = text.upper().replace("«", FILLER * 2).replace("‹", FILLER)
    signs = re.sub(r"\s", "", plain)
    for count, length in ((2, 44), (3, 30), (2, 36)):
        if len(signs) == count * length and re.fullmatch(r"[A-Z0-9<]+", signs, re.ASCII):
            return tuple(signs[at : at + length] for at in range(0, len(signs), length))
    raise MrzNotUnderstood(field="mrz")


def read(text: str) -> Mrz:
    """Return what machine-readable lines say, with the check digits that are wrong.

    :raises MrzNotUnderstood: if they are none.
    """
    lines = lines_of(text)
    return _td1(lines) if len(lines) == 3 else _td2_or_td3(lines)


def _td2_or_td3(lines: tuple[str, ...]) -> Mrz:
    first, second = lines
    passport = len(first) == 44
    wrong = []
    number = second[0:9].rstrip(FILLER)
    optional = second[28:42] if passport else second[28:35]
    if not passport and second[9] == FILLER and optional.strip(FILLER):
        number, proved = _long_number(second[0:9], optional)
        if not proved:
            wrong.append("number")
    elif not _proved(second[0:9], second[9]):
        wrong.append("number")
    wrong += _dates_wrong(second[13:20], second[21:28])
    # An unused personal number may bear 0 or a filler as its check digit.
    if passport and not (_proved(optional, second[42]) or (not optional.strip(FILLER) and second[42] == FILLER)):
        wrong.append("optional")
    composite = second[0:10] + second[13:20] + second[21:-1]
    if not _proved(composite, second[-1]):
        wrong.append("composite")
    return _mrz(
        form="TD3" if passport else "TD2",
        head=first[0:5],
        number=number,
        nationality=second[10:13],
        birth=second[13:19],
        sex=second[20],
        expiry=second[21:27],
        names=first[5:],
        wrong=wrong,
    )


def _td1(lines: tuple[str, ...]) -> Mrz:
    first, second, third = lines
    wrong = []
    number = first[5:14].rstrip(FILLER)
    if first[14] == FILLER and first[15:30].strip(FILLER):
        number, proved = _long_number(first[5:14], first[15:30])
        if not proved:
            wrong.append("number")
    elif not _proved(first[5:14], first[14]):
        wrong.append("number")
    wrong += _dates_wrong(second[0:7], second[8:15])
    if not _proved(first[5:30] + second[0:7] + second[8:15] + second[18:29], second[29]):
        wrong.append("composite")
    return _mrz(
        form="TD1",
        head=first[0:5],
        number=number,
        nationality=second[15:18],
        birth=second[0:6],
        sex=second[7],
        expiry=second[8:14],
        names=third,
        wrong=wrong,
    )


def _mrz(
    *,
    form: str,
    head: str,
    number: str,
    nationality: str,
    birth: str,
    sex: str,
    expiry: str,
    names: str,
    wrong: list[str],
) -> Mrz:
    family, _, given = names.partition(FILLER * 2)
    return Mrz(
        form=form,
        document_code=head[0:2].rstrip(FILLER),
        issuer=head[2:5].rstrip(FILLER),
        number=number,
        nationality=nationality.rstrip(FILLER),
        birth=birth,
        sex=sex.replace(FILLER, ""),
        expiry=expiry,
        family_name=family.replace(FILLER, " ").strip(),
        given_names=tuple(part for part in given.split(FILLER) if part),
        names_full=not names.endswith(FILLER),
        wrong=tuple(wrong),
    )


def _long_number(first: str, rest: str) -> tuple[str, bool]:
    """Return a number of more than nine signs, whose end and check digit begin the optional field, and its proof."""
    end = rest.split(FILLER, maxsplit=1)[0]
    if not end:
        return first.rstrip(FILLER), False
    number = first + end[:-1]
    return number, _proved(number, end[-1])


def _dates_wrong(birth: str, expiry: str) -> list[str]:
    pairs = (("birth_date", birth), ("expiry", expiry))
    return [name for name, field in pairs if not _proved(field[:6], field[6])]


def check_digit(field: str) -> str:
    """Return the check digit of a field: weights 7, 3, 1 over digits, letters (A is 10) and fillers (0), modulo 10."""
    values = (0 if sign == FILLER else int(sign, 36) for sign in field)
    return str(sum(value * _WEIGHTS[at % 3] for at, value in enumerate(values)) % 10)


def _proved(field: str, digit: str) -> bool:
    return check_digit(field) == digit


def disagreements(mrz: Mrz, holder: Holder) -> tuple[str, ...]:
    """Return which facts of the form the lines contradict, of those that the form has."""
    found = []
    if not _name_agrees(mrz.family_name, holder.family_name, cut=mrz.names_full and not mrz.given_names):
        found.append("family_name")
    if not _given_agree(mrz, holder.given_name):
        found.append("given_name")
    if holder.birth_date is not None and not _day_agrees(mrz.birth, holder.birth_date):
        found.append("birth_date")
    if holder.sex and mrz.sex in ("F", "M") and mrz.sex != holder.sex:
        found.append("sex")
    if holder.expiry is not None and mrz.expiry != holder.expiry.strftime("%y%m%d"):
        found.append("expiry")
    if holder.number and re.sub(r"[^A-Z0-9]", "", holder.number.upper()) != mrz.number:
        found.append("number")
    return tuple(found)


def _day_agrees(six: str, day: date) -> bool:
    """Compare a birth date; where month or day is not known, fillers stand for it (Doc 9303 part 3 section 4.8)."""
    return all(
        FILLER in part or part == own for part, own in zip(_pairs(six), _pairs(day.strftime("%y%m%d")), strict=True)
    )


def _pairs(six: str) -> tuple[str, str, str]:
    return six[0:2], six[2:4], six[4:6]


def _given_agree(mrz: Mrz, name: str) -> bool:
    """Compare given names: either side may have fewer of them, in the same order; a cut last one agrees so far."""
    if not mrz.given_names:
        # Whoever has one name alone has it as the family name; and a very long family name leaves no room.
        return mrz.names_full or not name
    for form in written_forms(name):
        own = form.split()
        if all(
            printed == said or (mrz.names_full and at == len(mrz.given_names) - 1 and said.startswith(printed))
            for at, (printed, said) in enumerate(zip(mrz.given_names, own, strict=False))
        ):
            return bool(own)
        if "".join(own) == "".join(mrz.given_names):
            return True
    return False


def _name_agrees(printed: str, name: str, *, cut: bool) -> bool:
    plain = printed.replace(" ", "")
    forms = [form.replace(" ", "") for form in written_forms(name)]
    return any(plain == form or (cut and form.startswith(plain)) for form in forms)


def written_forms(name: str) -> tuple[str, ...]:
    """Return how a name may be written in machine-readable lines: capitals, parts separated by single blanks.

    Apostrophes are left out and their parts joined; hyphens separate. States write letters with marks out (Ü as UE)
    or drop the marks (Ü as U), so that both are forms; Ñ is N or NXX.
    """
    capitals = _QUOTES.sub("", unicodedata.normalize("NFC", name)).replace("ß", "ẞ").upper()
    forms = []
    for letters in (capitals.translate(_WRITTEN_OUT), capitals.translate(_WRITTEN_OUT).translate(_TILDE), capitals):
        bare = unicodedata.normalize("NFKD", letters.translate(_MARKS_LOST))
        kept = "".join(sign for sign in bare if not unicodedata.combining(sign))
        forms.append(" ".join(re.sub(r"[^A-Z]", " ", kept).split()))
    return tuple(dict.fromkeys(forms))

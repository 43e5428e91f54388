"""Names and words as they are compared and sorted, whatever the database's collation."""

from __future__ import annotations

import unicodedata

# Letters that Unicode does not take apart into a base letter and a mark.
_PLAIN = str.maketrans({"ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"})
_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'"})


def normalise(text: str) -> str:
    """Return `text` in lower case, without accents, with single spaces: 'D’Amò  Niccolò' gives "d'amo niccolo"."""
    folded = text.translate(_APOSTROPHES).casefold()
    decomposed = unicodedata.normalize("NFKD", folded)
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return " ".join(bare.translate(_PLAIN).split())


def sort_key(text: str) -> str:
    """Return what orders names as a reader expects: accents and marks do not count, "D'Amico" stands with "Damico"."""
    return " ".join("".join(sign for sign in normalise(text) if sign.isalnum() or sign == " ").split())

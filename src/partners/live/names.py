"""Codes, keys and names: what a session and a seat are called."""

from __future__ import annotations

import secrets
from hashlib import sha256

SIGNS = "CDFGHJKMNPQRTVWXY34679"
"""Of a code: no two look alike, and without vowels they make no words."""

_COLORS = {
    "en": "Blue Green Violet Orange Coral Turquoise Amber Indigo Lilac Jade Copper Azure Emerald"
    " Garnet Mauve Lime",
    "es": "azul verde violeta naranja coral turquesa ámbar índigo lila jade cobre celeste esmeralda"
    " granate malva lima",
}
_ANIMALS = {
    "en": "Otter, Heron, Dolphin, Robin, Swan, Seal, Whale, Turtle, Swallow, Koala, Panda, Lynx, Deer,"
    " Falcon, Crane, Finch, Hedgehog, Squirrel, Penguin, Puffin, Pelican, Gazelle, Giraffe, Zebra, Kiwi,"
    " Lark, Stork, Butterfly, Dragonfly, Bumblebee, Starfish, Seahorse, Salmon, Sparrow, Nightingale,"
    " Hummingbird, Flamingo, Marmot, Alpaca, Antelope, Badger",
    "es": "Nutria, Garza, Delfín, Petirrojo, Cisne, Foca, Ballena, Tortuga, Golondrina, Koala, Panda,"
    " Lince, Ciervo, Halcón, Grulla, Pinzón, Erizo, Ardilla, Pingüino, Frailecillo, Pelícano, Gacela,"
    " Jirafa, Cebra, Kiwi, Alondra, Cigüeña, Mariposa, Libélula, Abejorro, Estrella de mar,"
    " Caballito de mar, Salmón, Gorrión, Ruiseñor, Colibrí, Flamenco, Marmota, Alpaca, Antílope, Tejón",
}
COLORS = {language: words.split() for language, words in _COLORS.items()}
ANIMALS = {language: words.split(", ") for language, words in _ANIMALS.items()}
"""The same in every language, none an insult anywhere we know; the Spanish colors have one gender."""

_STRIDE = 251
"""Has no divisor in common with the number of pairs, so every pair comes before one comes twice."""


def new_code() -> str:
    """Return a code that nobody guesses: one of a hundred million."""
    return "".join(secrets.choice(SIGNS) for _ in range(6))


def new_key() -> str:
    """Return a secret of 128 bits that can stand in an address."""
    return secrets.token_urlsafe(16)


def fingerprint(secret: str) -> str:
    """Return what is kept of a secret: enough to know it again, not to make it."""
    return sha256(secret.encode()).hexdigest()


def token(code: str, key: str) -> str:
    """Return the token of the seat that was taken with `key`: the same again, and kept nowhere."""
    return fingerprint(f"seat {code} {key}")[:43]


def name(language: str, seed: int, number: int) -> str:
    """Return the `number`-th name of a session: an animal in a color, in its own order in each."""
    colors, animals = COLORS[language], ANIMALS[language]
    lap, _ = divmod(number, len(colors) * len(animals))
    place = (seed + number * _STRIDE) % (len(colors) * len(animals))
    color, animal = colors[place % len(colors)], animals[place // len(colors)]
    words = f"{color} {animal}" if language == "en" else f"{animal} {color}"
    return f"{words} {lap + 1}" if lap else words

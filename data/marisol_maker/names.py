"""Invented street names, each used once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

_WORDS = """
Abeja Abeto Acacia Aguila Alamo Alba Albatros Alegria Alerce Alhambra Aliso Almeja Almendra Aloe Alondra Amapola
Amatista Anacapa Ancla Anis Arboleda Arcilla Ardilla Arena Arroyo Aurora Avellano Avena Azafran Azahar Azucena Azul
Bahia Balandra Ballena Bambu Barca Bellota Berilo Bonita Borrego Brisa Bronce Brujula Cabrilla Cactus Calandria Caleta
Camelia Campana Canela Caoba Capitan Caracol Carmel Carrizo Cascada Castano Cebada Cedro Ceniza Cereza Chaparral
Cielo Ciervo Cipres Ciruelo Clavel Cobre Codorniz Colibri Colina Conejo Copal Coral Cordero Corona Coyote Cristal
Cuarzo Cumbre Dalia Delfin Dorado Duna Ebano Encino Enebro Escollo Esmeralda Espiga Espuma Estrella Estribo Eucalipto
Farol Flamenco Flores Fresno Fuente Gacela Galeon Garza Gaviota Girasol Golondrina Granito Grulla Guijarro Halcon
Helecho Hiedra Hierba Higuera Hinojo Huerta Incienso Iris Jacaranda Jade Jardin Jazmin Junco Junipero Ladera Lago
Langosta Laurel Lavanda Lechuza Liebre Lila Lince Lino Lirio Llano Lobo Loma Lucero Luna Madera Madrona Magnolia
Malva Manantial Mandarina Manzana Manzanita Marea Marfil Mariposa Marlin Mezquite Miel Mimosa Mirto Mora Musgo Naranja
Nardo Nieve Niebla Nogal Nopal Nube Oceano Ola Olivo Olmo Onda Onice Opalo Orilla Oso Paloma Palma Pampas Panal
Pantera Pavo Pelicano Peral Perdiz Perla Piedra Pimienta Pinar Pino Pizarra Plata Playa Plaza Pluma Portal Prado
Primavera Puma Quail Quinta Rama Remo Retama Ribera Rio Roble Rocio Romero Rosa Rubi Salvia Sauce Secoya Selva Sendero
Sereno Sierra Solana Sombra Tamarindo Tejon Tierra Tilo Timon Topacio Toro Tortuga Trebol Trigo Trucha Tulipan Turquesa
Valle Velero Venado Ventana Verano Verbena Viento Vina Violeta Yuca Zafiro Zarza Zorro
"""
_FORMS = {
    "arterial": ("{} Rd", "{} Pkwy"),
    "collector": ("Avenida {}", "{} Rd", "Paseo {}", "Camino {}"),
    "downtown": ("{} Av", "{} St"),
    "street": ("Calle {}", "Via {}", "{} Dr", "{} Way", "{} Ln", "Rancho {}", "{} St", "Vista {}"),
    "dead end": ("{} Ct", "Corte {}", "{} Pl", "{} Cir", "Rincon {}", "{} Ter", "Placita {}", "{} Cove"),
    "works": ("{} Industrial Way", "{} Business Dr", "{} Center Dr"),
}


class NameBook:
    """
    Hands out street names.

    Parameters
    ----------
    rng
        Draws the order of the names.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self._lists = {}
        for kind, forms in _FORMS.items():
            names = [form.format(word) for word in _WORDS.split() for form in forms]
            self._lists[kind] = [names[k] for k in rng.permutation(len(names))]
        self._used: set[str] = set()

    def take(self, kind: str) -> str:
        """Return a name of a kind that has not been used."""
        for source in (kind, "street", "dead end", "collector"):
            names = self._lists[source]
            while names:
                name = names.pop()
                if name not in self._used:
                    self._used.add(name)
                    return name
        msg = f"no street name of kind {kind!r} is left"
        raise ValueError(msg)

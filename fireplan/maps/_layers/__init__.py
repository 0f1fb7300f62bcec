"""Layers: tables made into what is drawn, with the legends and the guard of text; they know no page."""

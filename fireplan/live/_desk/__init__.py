"""The desk: one thread in which events become durable, then part of the picture, then news; and what it hands out."""

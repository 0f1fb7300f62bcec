"""The desk: a thread in which events become durable, and one in which they become part of the picture, then news."""

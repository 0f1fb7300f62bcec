"""The web service: who may do what, the routes, the stream of news, and where it listens."""

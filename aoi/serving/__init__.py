"""Serving many clients, some slow, some hostile: gunicorn's threads, held by none of them."""

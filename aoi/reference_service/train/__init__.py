"""Train, evaluate and export the reference model: `python -m aoi.reference_service.train`.

Needs requirements-train.txt; nothing here is imported by the service.
"""

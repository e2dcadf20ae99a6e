"""The external SegFormer service: its contract, and the client that calls it."""

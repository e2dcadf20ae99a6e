"""The bundled SegFormer service: a process of its own that speaks the wire contract."""

"""What Prometheus reads: counted where it happens, or asked of the database when it is read."""

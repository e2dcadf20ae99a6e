"""Fill a database with the rows of a plant's year, by COPY."""

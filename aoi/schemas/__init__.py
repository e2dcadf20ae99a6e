"""The marshmallow schemas of the HTTP contract; they make the OpenAPI document."""

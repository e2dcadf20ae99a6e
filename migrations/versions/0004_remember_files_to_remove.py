"""Remember the files of deleted uploads until they are removed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "removals",
        sa.Column("img_unique_id", sa.String(length=255), nullable=False),
        sa.Column("input_image_path", sa.String(length=500), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("img_unique_id", name=op.f("pk_removals")),
    )


def downgrade() -> None:
    op.drop_table("removals")

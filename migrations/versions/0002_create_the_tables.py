"""Create the plant's tables, and the agent's own beside them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "batches",
        sa.Column("batch_id", sa.String(length=255), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("batch_id", name=op.f("pk_batches")),
    )
    op.create_table(
        "service_outages",
        sa.Column("outage_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("error_code", sa.String(length=32), nullable=False),
        sa.Column("probe_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("wait_seconds", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("outage_id", name=op.f("pk_service_outages")),
    )
    op.create_table(
        "images",
        sa.Column("img_unique_id", sa.String(length=255), nullable=False),
        sa.Column("image_height", sa.Integer(), nullable=False),
        sa.Column("image_width", sa.Integer(), nullable=False),
        sa.Column("processing_time_seconds", sa.Double(), nullable=False),
        sa.Column("timestamp", sa.DateTime(timezone=True), nullable=False),
        sa.Column("input_image_path", sa.String(length=500), nullable=False),
        sa.Column("result_image_1_path", sa.String(length=500), nullable=True),
        sa.Column("result_image_2_path", sa.String(length=500), nullable=True),
        sa.Column("result_image_3_path", sa.String(length=500), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("img_unique_id", name=op.f("pk_images")),
    )
    op.create_index(op.f("ix_images_timestamp"), "images", ["timestamp"], unique=False)
    op.create_index(
        "ix_images_timestamp_img_unique_id", "images", ["timestamp", "img_unique_id"], unique=False
    )
    op.create_table(
        "classes",
        sa.Column("class_unique_id", sa.String(length=255), nullable=False),
        sa.Column("img_unique_id", sa.String(length=255), nullable=False),
        sa.Column("class_id", sa.Integer(), nullable=False),
        sa.Column("class_name", sa.String(length=100), nullable=False),
        sa.Column("total_regions", sa.Integer(), nullable=False),
        sa.Column("total_area_pixels", sa.Integer(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["img_unique_id"],
            ["images.img_unique_id"],
            name=op.f("fk_classes_img_unique_id_images"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("class_unique_id", name=op.f("pk_classes")),
    )
    op.create_index(op.f("ix_classes_class_id"), "classes", ["class_id"], unique=False)
    op.create_index(op.f("ix_classes_img_unique_id"), "classes", ["img_unique_id"], unique=False)
    op.create_table(
        "uploads",
        sa.Column("img_unique_id", sa.String(length=255), nullable=False),
        sa.Column("batch_id", sa.String(length=255), nullable=True),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("original_filename", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("input_image_path", sa.String(length=500), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("interruptions", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("postponements", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("error_code", sa.String(length=32), nullable=True),
        sa.Column("model_version", sa.String(length=255), nullable=True),
        sa.Column("total_defects", sa.Integer(), nullable=True),
        sa.Column("defect_classes", sa.JSON(), nullable=True),
        sa.Column("processing_time_seconds", sa.Double(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"],
            ["batches.batch_id"],
            name=op.f("fk_uploads_batch_id_batches"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("img_unique_id", name=op.f("pk_uploads")),
    )
    op.create_index(
        "ix_uploads_batch_id_position", "uploads", ["batch_id", "position"], unique=False
    )
    op.create_index(
        "ix_uploads_created_at_img_unique_id",
        "uploads",
        ["created_at", "img_unique_id"],
        unique=False,
    )
    op.create_index(
        "ix_uploads_status_created_at",
        "uploads",
        ["status", "created_at"],
        unique=False,
        postgresql_where=sa.text("status <> 'done'"),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("img_unique_id", sa.String(length=255), nullable=True),
        sa.Column("batch_id", sa.String(length=255), nullable=True),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"],
            ["batches.batch_id"],
            name=op.f("fk_idempotency_keys_batch_id_batches"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["img_unique_id"],
            ["uploads.img_unique_id"],
            name=op.f("fk_idempotency_keys_img_unique_id_uploads"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index(
        op.f("ix_idempotency_keys_batch_id"), "idempotency_keys", ["batch_id"], unique=False
    )
    op.create_index(
        op.f("ix_idempotency_keys_img_unique_id"),
        "idempotency_keys",
        ["img_unique_id"],
        unique=False,
    )
    op.create_table(
        "regions",
        sa.Column("region_unique_id", sa.String(length=255), nullable=False),
        sa.Column("class_unique_id", sa.String(length=255), nullable=False),
        sa.Column("img_unique_id", sa.String(length=255), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("centroid_x", sa.Double(), nullable=False),
        sa.Column("centroid_y", sa.Double(), nullable=False),
        sa.Column("bbox_x", sa.Integer(), nullable=False),
        sa.Column("bbox_y", sa.Integer(), nullable=False),
        sa.Column("bbox_width", sa.Integer(), nullable=False),
        sa.Column("bbox_height", sa.Integer(), nullable=False),
        sa.Column("area_pixels", sa.Integer(), nullable=False),
        sa.Column("perimeter", sa.Double(), nullable=False),
        sa.Column("major_axis", sa.Double(), nullable=False),
        sa.Column("minor_axis", sa.Double(), nullable=False),
        sa.Column("circularity", sa.Double(), nullable=False),
        sa.Column("aspect_ratio", sa.Double(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["class_unique_id"],
            ["classes.class_unique_id"],
            name=op.f("fk_regions_class_unique_id_classes"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["img_unique_id"],
            ["images.img_unique_id"],
            name=op.f("fk_regions_img_unique_id_images"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("region_unique_id", name=op.f("pk_regions")),
    )
    op.create_index(
        op.f("ix_regions_class_unique_id"), "regions", ["class_unique_id"], unique=False
    )
    op.create_index(op.f("ix_regions_img_unique_id"), "regions", ["img_unique_id"], unique=False)
    op.create_index(op.f("ix_regions_region_id"), "regions", ["region_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_regions_region_id"), table_name="regions")
    op.drop_index(op.f("ix_regions_img_unique_id"), table_name="regions")
    op.drop_index(op.f("ix_regions_class_unique_id"), table_name="regions")
    op.drop_table("regions")
    op.drop_index(op.f("ix_idempotency_keys_img_unique_id"), table_name="idempotency_keys")
    op.drop_index(op.f("ix_idempotency_keys_batch_id"), table_name="idempotency_keys")
    op.drop_table("idempotency_keys")
    op.drop_index(
        "ix_uploads_status_created_at",
        table_name="uploads",
        postgresql_where=sa.text("status <> 'done'"),
    )
    op.drop_index("ix_uploads_created_at_img_unique_id", table_name="uploads")
    op.drop_index("ix_uploads_batch_id_position", table_name="uploads")
    op.drop_table("uploads")
    op.drop_index(op.f("ix_classes_img_unique_id"), table_name="classes")
    op.drop_index(op.f("ix_classes_class_id"), table_name="classes")
    op.drop_table("classes")
    op.drop_index("ix_images_timestamp_img_unique_id", table_name="images")
    op.drop_index(op.f("ix_images_timestamp"), table_name="images")
    op.drop_table("images")
    op.drop_table("service_outages")
    op.drop_table("batches")

"""The first tables"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = {
    "sqlite": [
        f"""
        CREATE TRIGGER ledger_entries_refuse_{verb} BEFORE {verb} ON ledger_entries
        BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END
        """
        for verb in ("update", "delete")
    ],
    "postgresql": [
        """
        CREATE FUNCTION ledger_entries_refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$
        """,
        """
        CREATE TRIGGER ledger_entries_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entries
        FOR EACH STATEMENT EXECUTE FUNCTION ledger_entries_refuse()
        """,
    ],
}


def upgrade() -> None:
    op.create_table(
        "loose_contents",
        sa.Column("content", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("content", name="loose_contents_key"),
    )
    op.create_table(
        "organisations",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("plan", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="organisations_key"),
    )
    op.create_table(
        "workers",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="workers_key"),
    )
    op.create_table(
        "assets",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("tool", sa.String(length=40), nullable=True),
        sa.Column("job_id", sa.String(length=36), nullable=True),
        sa.Column("output_index", sa.Integer(), nullable=True),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.String(length=64), nullable=False),
        sa.Column("inputs", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["owner"], ["organisations.id"], name="assets_owner"),
        sa.PrimaryKeyConstraint("id", name="assets_key"),
        sa.UniqueConstraint("job_id", "output_index", name="one_asset_per_output"),
    )
    op.create_index("assets_by_content", "assets", ["content"])
    op.create_index("assets_by_owner", "assets", ["owner", "created_at"])

    op.create_table(
        "grants",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("bucket", sa.String(length=16), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["owner"], ["organisations.id"], name="grants_owner"),
        sa.PrimaryKeyConstraint("id", name="grants_key"),
    )
    op.create_index("grants_by_owner", "grants", ["owner"])

    op.create_table(
        "jobs",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("tool", sa.String(length=40), nullable=False),
        sa.Column("request", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("decisions", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("engine", sa.String(length=32), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("tariff", sa.String(length=8), nullable=False),
        sa.Column("unit_credits", sa.Integer(), nullable=False),
        sa.Column("num_images", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("error", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("of", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("preview", sa.String(length=64), nullable=True),
        sa.Column("worker", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["owner"], ["organisations.id"], name="jobs_owner"),
        sa.PrimaryKeyConstraint("id", name="jobs_key"),
    )
    op.create_index("jobs_by_owner", "jobs", ["owner", "created_at"])
    op.create_index("jobs_by_status", "jobs", ["status"])

    op.create_table(
        "ledger_entries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("transfer", sa.String(length=120), nullable=False),
        sa.Column("account", sa.String(length=8), nullable=False),
        sa.Column("grant_id", sa.String(length=80), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("job_id", sa.String(length=36), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount <> 0", name="no_empty_entries"),
        sa.ForeignKeyConstraint(["grant_id"], ["grants.id"], name="ledger_entries_grant_id"),
        sa.ForeignKeyConstraint(["owner"], ["organisations.id"], name="ledger_entries_owner"),
        sa.PrimaryKeyConstraint("id", name="ledger_entries_key"),
        sa.UniqueConstraint("transfer", "account", "grant_id", name="one_entry_per_transfer_account_and_grant"),
        sqlite_autoincrement=True,
    )
    op.create_index("ledger_entries_by_account", "ledger_entries", ["owner", "account", "grant_id", "amount"])
    op.create_index("ledger_entries_by_owner", "ledger_entries", ["owner", "id"])
    op.create_index("ledger_entries_by_job_id", "ledger_entries", ["job_id"])

    op.create_table(
        "outputs",
        sa.Column("job_id", sa.String(length=36), nullable=False),
        sa.Column("output_index", sa.Integer(), nullable=False),
        sa.Column("asset_id", sa.String(length=32), nullable=True),
        sa.Column("error", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.id"], name="outputs_asset_id", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="outputs_job_id"),
        sa.PrimaryKeyConstraint("job_id", "output_index", name="outputs_key"),
    )
    op.create_index("outputs_by_asset_id", "outputs", ["asset_id"])
    for statement in APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("outputs")
    op.drop_table("ledger_entries")
    op.drop_table("jobs")
    op.drop_table("grants")
    op.drop_table("assets")
    op.drop_table("workers")
    op.drop_table("organisations")
    op.drop_table("loose_contents")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION ledger_entries_refuse")

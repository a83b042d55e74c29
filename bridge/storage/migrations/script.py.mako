"""${message}."""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None
# True only where a program that does not know of this migration can go on beside it: new tables, and new columns that are
# nullable or have a default. It takes no time with many rows, and brings no value that an older program cannot read.
lives_with_older = False


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}

"""The tables.  Every change here needs a migration; a test compares the two.

Long on purpose: what the database holds is read as a whole.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
    true,
)

from safety_detector.database.columns import Instant, Json, StoredReason

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

_ULID = String(26)
_SHA256 = String(64)

pictures = Table(
    "pictures",
    metadata,
    Column("sha256", _SHA256, primary_key=True),
    Column("size_bytes", BigInteger, nullable=False),
    Column("format", String(16), nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    # When the same bytes were last submitted; a picture in use by nobody stays for a grace age.
    Column("touched_at", Instant, nullable=False),
)
Index("ix_pictures_touched_at", pictures.c.touched_at)

inspections = Table(
    "inspections",
    metadata,
    # A ULID of `received_at`: the order of ids is the order of arrival.
    Column("id", _ULID, primary_key=True),
    Column("status", String(16), nullable=False),
    Column("verdict", String(16)),
    Column("name", Text, nullable=False),
    Column("sha256", _SHA256, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("captured_at", Instant),
    # When it was taken, by which lists and reports choose (`domain/capture_time.py`).  Never NULL,
    # but SQLite cannot add a column that says so.
    Column("taken_at", Instant),
    Column("taken_from", String(16), nullable=False, server_default="arrival"),
    Column("taken_notes", Json, nullable=False, server_default="[]"),
    Column("camera_id", String(64)),
    Column("batch_id", _ULID),
    Column("submitted_by", _ULID),
    Column("metadata", Json, nullable=False),
    Column("source", String(16), nullable=False),
    Column("idempotency_owner", _ULID),
    Column("idempotency_key", String(255)),
    # What the key came with: the picture's hash, or the hash of the URL that it was fetched from.
    Column("idempotency_subject", _SHA256),
    Column("backend", String(16), nullable=False),
    # Of the last claim that ended it.  Written with the end; the job has the present one.
    Column("fence", Integer, nullable=False),
    # The outcome.
    Column("finished_at", Instant),
    # The same by the clock that retention goes by (`service/retention/age_clock.py`); written by
    # triggers.
    Column("aged_from", Instant),
    Column("detections", Json, nullable=False),
    Column("runs", Json, nullable=False),
    Column("error", Json),
    # The most urgent first, and a bit for each hazard that was found; see `domain/urgency.py`.
    Column("urgency", Integer, nullable=False, server_default="0"),
    Column("hazard_bits", Integer, nullable=False, server_default="0"),
    Column("annotated_fence", Integer),
    Column("annotated_bytes", Integer),
    UniqueConstraint("idempotency_owner", "idempotency_key"),
)

# Conditions of partial indexes.  Queries repeat them word for word, not with bound parameters: only
# then do the databases see that the index holds every row that the query wants.
ANNOTATED = text("annotated_bytes IS NOT NULL")
QUEUED = text("state = 'queued'")
RUNNING = text("state = 'running'")
IN_BATCH = text("batch_id IS NOT NULL")
COALESCED = text("coalesce_key IS NOT NULL")

Index("ix_inspections_sha256", inspections.c.sha256)
Index("ix_inspections_batch_id", inspections.c.batch_id, inspections.c.id)
# A batch is counted from this one alone.
Index(
    "ix_inspections_batch_standing",
    inspections.c.batch_id,
    inspections.c.status,
    inspections.c.verdict,
    inspections.c.received_at,
    sqlite_where=IN_BATCH,
    postgresql_where=IN_BATCH,
)
Index("ix_inspections_status", inspections.c.status, inspections.c.id)
# By these lists go, newest first; the indexes are read backwards.
Index("ix_inspections_taken_at", inspections.c.taken_at, inspections.c.id)
Index(
    "ix_inspections_camera_taken_at",
    inspections.c.camera_id,
    inspections.c.taken_at,
    inspections.c.id,
)
Index(
    "ix_inspections_verdict_taken_at",
    inspections.c.verdict,
    inspections.c.taken_at,
    inspections.c.id,
)
Index("ix_inspections_urgency", inspections.c.urgency, inspections.c.taken_at, inspections.c.id)
# Oldest first, for retention.
Index("ix_inspections_aged_from", inspections.c.aged_from, inspections.c.id)
# Their sum is read from the index alone, not from every row.
Index(
    "ix_inspections_annotated_bytes",
    inspections.c.annotated_bytes,
    sqlite_where=ANNOTATED,
    postgresql_where=ANNOTATED,
)

# What is to be done for a subject: a picture to inspect, a report to make, a folder to read, a
# camera to watch.  A row goes when its job ends.  See `safety_detector/jobs`.
jobs = Table(
    "jobs",
    metadata,
    # In this order: few kinds have all the rows, so that an index of them would lead nowhere.
    Column("subject_id", String(64), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("queue", String(16), nullable=False),
    Column("priority", Integer, nullable=False),
    # Whose it is, and in which round: the lower turn is claimed first.
    Column("sender", String(80), nullable=False),
    Column("turn", BigInteger, nullable=False),
    # When a queued one may be claimed, and when a running one's lease ends.
    Column("due_at", Instant, nullable=False),
    Column("state", String(16), nullable=False),
    Column("fence", Integer, nullable=False),
    Column("worker", String(128)),
    Column("failures", Integer, nullable=False),
    Column("losses", Integer, nullable=False),
    Column("outages", Integer, nullable=False),
    Column("waiting_reason", StoredReason),
    # Of those that have the same one at most one waits: the newest.
    Column("coalesce_key", String(64)),
)
# The claim looks at the front of this one; what is running is not in it.
Index(
    "ix_jobs_turn",
    jobs.c.queue,
    jobs.c.priority,
    jobs.c.turn,
    jobs.c.due_at,
    sqlite_where=QUEUED,
    postgresql_where=QUEUED,
)
Index(
    "ix_jobs_sender",
    jobs.c.queue,
    jobs.c.priority,
    jobs.c.sender,
    jobs.c.turn,
    jobs.c.due_at,
    sqlite_where=QUEUED,
    postgresql_where=QUEUED,
)
# Counted and searched without a look at the rows: all that is asked for is in the index.
Index(
    "ix_jobs_due",
    jobs.c.due_at,
    jobs.c.kind,
    jobs.c.state,
    sqlite_where=QUEUED,
    postgresql_where=QUEUED,
)
Index(
    "ix_jobs_running",
    jobs.c.queue,
    jobs.c.priority,
    jobs.c.turn,
    jobs.c.due_at,
    sqlite_where=RUNNING,
    postgresql_where=RUNNING,
)
Index(
    "ix_jobs_coalesce_key",
    jobs.c.coalesce_key,
    jobs.c.state,
    sqlite_where=COALESCED,
    postgresql_where=COALESCED,
)

# Evidence that is kept, whatever retention says; one row an inspection.
holds = Table(
    "holds",
    metadata,
    Column("inspection_id", _ULID, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("set_by", Text, nullable=False),
    Column("set_at", Instant, nullable=False),
)

# What people say is in pictures; nothing of it is changed, and it goes with its inspection.
corrections = Table(
    "corrections",
    metadata,
    Column("inspection_id", _ULID, primary_key=True),
    Column("version", Integer, primary_key=True),
    # As stored of detections, each with the detection that it was made of.
    Column("boxes", Json, nullable=False),
    Column("removed", Json, nullable=False),
    Column("complete", Boolean, nullable=False),
    Column("note", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("key_id", _ULID),
    Column("person_id", _ULID),
    Column("made_at", Instant, nullable=False),
)
Index("ix_corrections_made_at", corrections.c.made_at, corrections.c.inspection_id)

# Annotated pictures whose inspections are purged, until their files are removed as well: what a
# crash between the two leaves is known to be ours to remove.
purged_files = Table(
    "purged_files",
    metadata,
    Column("inspection_id", _ULID, primary_key=True),
    Column("fence", Integer, nullable=False),
)

replaced_frames = Table(
    "replaced_frames",
    metadata,
    Column("id", _ULID, primary_key=True),
    Column("camera_id", String(64), nullable=False),
    Column("replaced_by", _ULID, nullable=False),
    Column("replaced_at", Instant, nullable=False),
)
Index("ix_replaced_frames_replaced_at", replaced_frames.c.replaced_at)

cameras = Table(
    "cameras",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", Text, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("backend", String(16)),
    Column("min_interval_ms", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("newest_frame_at", Instant),
    Column("newest_captured_at", Instant),
    Column("frames_received", BigInteger, nullable=False),
    Column("frames_inspected", BigInteger, nullable=False),
    Column("frames_skipped", BigInteger, nullable=False),
    Column("frames_replaced", BigInteger, nullable=False),
    Column("frames_refused", BigInteger, nullable=False),
    Column("frames_unchanged", BigInteger, nullable=False, server_default="0"),
    Column("location", Text),
    Column("timezone", String(64)),
    # Where its pictures come from: the kind, the rest without anything secret, and what is secret,
    # sealed (`sealing.py`).
    Column("source_kind", String(16), nullable=False, server_default="push"),
    Column("source", Json, nullable=False, server_default="{}"),
    Column("sealed", LargeBinary),
    # How often it is looked at; NULL for one that pushes when it likes.
    Column("every_s", Float),
    # Whether silence is a fault.
    Column("expected", Boolean, nullable=False, server_default=true()),
    # See `domain/camera_rules.py`.
    Column("zones", Json, nullable=False, server_default="[]"),
    Column("masks", Json, nullable=False, server_default="[]"),
    Column("schedule", Json, nullable=False, server_default="[]"),
    # When its incidents open, as far as something is said of it.
    Column("incident_rules", Json),
)

# What is known of a camera's source at present, written by whoever sees its frames: whether it is
# connected and since when it is or is not, and what its stream says of itself.
camera_sightings = Table(
    "camera_sightings",
    metadata,
    Column("camera_id", String(64), primary_key=True),
    Column("connected", Boolean, nullable=False),
    Column("since", Instant, nullable=False),
    Column("last_frame_at", Instant),
    Column("last_error", StoredReason),
    Column("codec", String(32)),
    Column("width", Integer),
    Column("height", Integer),
    Column("fps", Float),
    Column("clock_difference_s", Float),
)

# By what the receivers know a camera that its device does not name, and how a push is answered.
camera_devices = Table(
    "camera_devices",
    metadata,
    Column("camera_id", String(64), primary_key=True),
    Column("mac", String(17)),
    Column("address", String(45)),
    Column("channel", Integer),
    Column("acknowledgement", String(16), nullable=False),
)

# The last things that devices sent to the receivers; those of no camera have none.
camera_deliveries = Table(
    "camera_deliveries",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("camera_id", String(64)),
    Column("make", String(16), nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("peer", String(45)),
    Column("content_type", String(200)),
    Column("size_bytes", BigInteger, nullable=False),
    Column("outcome", String(16), nullable=False),
    # What was read: events, parts, pictures.
    Column("contents", Json, nullable=False),
    Column("reason", StoredReason),
    Column("head", Text),
    Column("inspection_id", _ULID),
    sqlite_autoincrement=True,
)
Index("ix_camera_deliveries_camera_id", camera_deliveries.c.camera_id, camera_deliveries.c.id)

# Cameras that were removed: evidence keeps their names, and reports know since when they are gone.
former_cameras = Table(
    "former_cameras",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("removed_at", Instant, primary_key=True),
    Column("created_at", Instant, nullable=False),
    Column("name", Text, nullable=False),
)

# Frames that were not inspected, by the quarter of an hour in which they came.
frame_counts = Table(
    "frame_counts",
    metadata,
    Column("slot", Instant, primary_key=True),
    Column("camera_id", String(64), primary_key=True),
    Column("replaced", BigInteger, nullable=False),
    Column("skipped", BigInteger, nullable=False),
    Column("unchanged", BigInteger, nullable=False, server_default="0"),
)

# Small copies of accepted frames, against which later ones are compared
# (`safety_detector/service/cameras/looks.py`); only the last inspected one keeps its copy.
camera_looks = Table(
    "camera_looks",
    metadata,
    Column("inspection_id", _ULID, primary_key=True),
    Column("camera_id", String(64), nullable=False),
    Column("arrived_at", Instant, nullable=False),
    Column("small", LargeBinary),
)
Index("ix_camera_looks_camera_id", camera_looks.c.camera_id, camera_looks.c.inspection_id)

# What is remembered of each camera between two looks at its health (`domain/camera_health.py`).
camera_states = Table(
    "camera_states",
    metadata,
    Column("camera_id", String(64), primary_key=True),
    Column("state", Json, nullable=False),
    # Of the last look, and how many frames had been received by then.
    Column("seen_at", Instant, nullable=False),
    Column("received", BigInteger, nullable=False),
    # By how much its frames differed lately, as `pictures/change.py` measures it.
    Column("differences", Json, nullable=False, server_default="[]"),
)

# How each camera's scene looks: its lines, as they were set, and as they were seen lately.
camera_references = Table(
    "camera_references",
    metadata,
    Column("camera_id", String(64), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("set_at", Instant, nullable=False),
    Column("picture", LargeBinary, nullable=False),
)

# Faults of cameras; those without an end are open.
OPEN_FAULT = text("ended_at IS NULL")
camera_faults = Table(
    "camera_faults",
    metadata,
    Column("camera_id", String(64), primary_key=True),
    Column("fault", String(16), primary_key=True),
    Column("since", Instant, primary_key=True),
    Column("noticed_at", Instant, nullable=False),
    Column("reason", StoredReason, nullable=False),
    Column("ended_at", Instant),
)
Index(
    "ix_camera_faults_open",
    camera_faults.c.camera_id,
    camera_faults.c.fault,
    sqlite_where=OPEN_FAULT,
    postgresql_where=OPEN_FAULT,
)
Index("ix_camera_faults_ended_at", camera_faults.c.ended_at)

events = Table(
    "events",
    metadata,
    # The order in which readers see events.  PostgreSQL gives out `id` before the commit, so that
    # a reader could pass over one that commits late; `transaction_id` puts them in an order in
    # which nothing appears behind what was read (see `database/feed.py`).  Always 0 on SQLite.
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("transaction_id", BigInteger, nullable=False),
    # Of an event of an incident: the picture that shows it, if it is about one.
    Column("inspection_id", _ULID),
    Column("incident_id", _ULID),
    Column("kind", String(32), nullable=False),
    Column("at", Instant, nullable=False),
    # Ids of events that were removed are not given out again.
    sqlite_autoincrement=True,
)
Index("ix_events_order", events.c.transaction_id, events.c.id)
Index("ix_events_at", events.c.at)

# How far the feed was at moments of the age clock: events go by these, and not by their own times.
feed_marks = Table(
    "feed_marks",
    metadata,
    Column("at", Instant, primary_key=True),
    Column("transaction_id", BigInteger, nullable=False),
    Column("event_id", BigInteger, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", _ULID, primary_key=True),
    Column("name", Text, nullable=False),
    Column("secret_hash", String(64), nullable=False),
    # What HTTP Digest is checked with, sealed (`sealing.py`); NULL for keys of before.
    Column("digest", LargeBinary),
    Column("scopes", Json, nullable=False),
    Column("camera_id", String(64)),
    Column("created_at", Instant, nullable=False),
    Column("revoked_at", Instant),
)

# Who did what.  Triggers of the migration refuse every change of what is written.
people = Table(
    "people",
    metadata,
    Column("id", _ULID, primary_key=True),
    Column("name", Text, nullable=False),
    # The name as it is compared: people type it with other capitals.
    Column("login", String(64), nullable=False),
    Column("role", String(16), nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("disabled_at", Instant),
    # By what another system knows them that signs them in: a hash of its name and theirs.
    Column("identity", _SHA256),
    UniqueConstraint("login"),
)
Index("ix_people_identity", people.c.identity, unique=True)

# Who is signed in, by a person's password or an API key; the cookie itself is not kept.
sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", _SHA256, primary_key=True),
    Column("person_id", _ULID),
    Column("key_id", _ULID),
    Column("begun_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    # From where it was begun, and with which browser, so that its person knows it again.
    Column("address", String(64)),
    Column("agent", Text),
)
Index("ix_sessions_person_id", sessions.c.person_id)
Index("ix_sessions_seen_at", sessions.c.seen_at)

# Tries to sign in that failed lately, by what they have in common, hashed.
sign_in_failures = Table(
    "sign_in_failures",
    metadata,
    Column("subject", _SHA256, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("free_at", Instant, nullable=False),
)

# Incidents that somebody is judging at the moment, so that nobody else gets them.
review_reservations = Table(
    "review_reservations",
    metadata,
    Column("incident_id", _ULID, primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("until", Instant, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Column("key_id", _ULID),
    Column("person_id", _ULID),
    Column("action", String(32), nullable=False),
    Column("subject", Text),
    Column("details", Json, nullable=False),
    sqlite_autoincrement=True,
)
Index("ix_audit_at", audit.c.at)

# Reports that a worker makes.
reports = Table(
    "reports",
    metadata,
    Column("id", _ULID, primary_key=True),
    Column("status", String(16), nullable=False),
    Column("wanted", Json, nullable=False),
    Column("requested_at", Instant, nullable=False),
    Column("requested_by", _ULID),
    # Of the claim that made it; its files lie under it.
    Column("fence", Integer, nullable=False),
    Column("stage", String(16)),
    Column("done", Integer, nullable=False),
    Column("total", Integer),
    Column("finished_at", Instant),
    Column("aged_from", Instant),
    Column("files", Json, nullable=False),
    Column("error", Json),
)
Index("ix_reports_status", reports.c.status, reports.c.id)

# Folders on the server that are read into a batch, one a batch, and how far each is.
folder_readings = Table(
    "folder_readings",
    metadata,
    Column("batch_id", _ULID, primary_key=True),
    Column("status", String(16), nullable=False),
    Column("folder", Text, nullable=False),
    Column("options", Json, nullable=False),
    Column("requested_at", Instant, nullable=False),
    Column("requested_by", _ULID),
    # The last file that was looked at, relative to the folder; a path is bytes, not text.
    Column("position", LargeBinary),
    Column("accepted", BigInteger, nullable=False),
    Column("rejected", BigInteger, nullable=False),
    Column("skipped", Json, nullable=False),
    Column("finished_at", Instant),
)

# Files of these folders that did not become inspections, in the order of the reading.
folder_errors = Table(
    "folder_errors",
    metadata,
    Column("batch_id", _ULID, primary_key=True),
    Column("number", BigInteger, primary_key=True),
    Column("path", Text, nullable=False),
    Column("code", String(64), nullable=False),
    Column("reason", StoredReason, nullable=False),
)

# Hazards of a camera's scene that were announced, one row each (`domain/incidents`).
incidents = Table(
    "incidents",
    metadata,
    # Made of what opened it: the same looks give the same.
    Column("id", _ULID, primary_key=True),
    Column("camera_id", String(64), nullable=False),
    Column("stage", String(16), nullable=False),
    Column("hazards", Json, nullable=False),
    # One bit a hazard, and a number that sorts; see `service/incidents/rows.py`.
    Column("hazard_bits", Integer, nullable=False),
    Column("severity", Integer, nullable=False),
    Column("zone_id", String(64)),
    Column("permit_id", String(64)),
    Column("first_seen_at", Instant, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("last_seen_at", Instant, nullable=False),
    Column("quiet_at", Instant),
    Column("ended_at", Instant),
    Column("merged_into", _ULID),
    Column("looks", Integer, nullable=False),
    Column("sightings", Integer, nullable=False),
    Column("peak_score", Float),
    Column("verified", Boolean, nullable=False),
    Column("extent", Float, nullable=False),
    # The inspection whose picture shows it best, and where in it, in fractions of the picture; NULL
    # for a camera's fault, which has a reason instead.
    Column("best_inspection_id", _ULID),
    Column("best_box", Json),
    Column("reason", StoredReason),
    # What people made of it (`domain/incidents/handling.py`); the acts themselves are below.
    Column("state", String(16), nullable=False, server_default="open"),
    Column("review", String(16)),
    Column("assignee", Text),
    Column("due_at", Instant),
    Column("acknowledged_at", Instant),
    Column("closed_at", Instant),
    # Rises with each act, so that of two people at once one is told.
    Column("version", Integer, nullable=False, server_default="0"),
    # The incident of which a person said that it is the same; `merged_into` is what looks say.
    Column("joined_to", _ULID),
    # The incident that a person parted this one from; looks have nothing to do with it any more.
    Column("split_from", _ULID),
    Column("location", Text),
    Column("description", Text),
    Column("basis", Text),
    Column("level", String(16)),
    Column("measure", Text),
    Column("responsible_unit", Text),
    Column("funds", Text),
    Column("contingency_plan", Text),
    Column("after_inspection_id", _ULID),
    Column("rectified_at", Instant),
    Column("verified_at", Instant),
    Column("effect_due_at", Instant),
    Column("effect_checked_at", Instant),
    # When it was over by the clock of ages, or when something was last done about it then.
    Column("aged_from", Instant),
)
Index("ix_incidents_opened_at", incidents.c.opened_at, incidents.c.id)
Index("ix_incidents_aged_from", incidents.c.aged_from, incidents.c.id)
Index("ix_incidents_camera_opened_at", incidents.c.camera_id, incidents.c.opened_at, incidents.c.id)
Index("ix_incidents_stage_opened_at", incidents.c.stage, incidents.c.opened_at, incidents.c.id)
Index("ix_incidents_state_opened_at", incidents.c.state, incidents.c.opened_at, incidents.c.id)
Index("ix_incidents_merged_into", incidents.c.merged_into)
Index("ix_incidents_joined_to", incidents.c.joined_to)
Index("ix_incidents_split_from", incidents.c.split_from)

# Ids under which an incident was announced before an earlier look became known.
incident_aliases = Table(
    "incident_aliases",
    metadata,
    Column("id", _ULID, primary_key=True),
    Column("incident_id", _ULID, nullable=False),
)

# The pictures that show an incident, and where in them.
incident_sightings = Table(
    "incident_sightings",
    metadata,
    Column("incident_id", _ULID, primary_key=True),
    Column("at", Instant, primary_key=True),
    Column("inspection_id", _ULID, primary_key=True),
    Column("box", Json, nullable=False),
    Column("severity", Integer, nullable=False),
    Column("score", Float),
)

# Which incidents a picture shows.
Index("ix_incident_sightings_inspection_id", incident_sightings.c.inspection_id)

# What happened to incidents, in order.
incident_changes = Table(
    "incident_changes",
    metadata,
    Column("incident_id", _ULID, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("at", Instant, nullable=False),
    # NULL of a camera's fault, and where the camera was removed.
    Column("inspection_id", _ULID),
    Column("because", Json, nullable=False),
)

# What people did about incidents, in order; nothing of it is changed.
incident_acts = Table(
    "incident_acts",
    metadata,
    Column("incident_id", _ULID, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("act", String(16), nullable=False),
    Column("at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Column("key_id", _ULID),
    Column("person_id", _ULID),
    Column("details", Json, nullable=False),
    # Of a judgement the picture that was shown with it, and where the incident was in it then, in
    # fractions; NULL where that is not known.
    Column("shown_inspection_id", _ULID),
    Column("shown_boxes", Json),
)
Index("ix_incident_acts_shown_inspection_id", incident_acts.c.shown_inspection_id)

# What a camera's looks came to so far, and what they had come to at some of them: from there a look
# that becomes known late is folded in at its place.
incident_states = Table(
    "incident_states",
    metadata,
    Column("camera_id", String(64), primary_key=True),
    Column("state", Json, nullable=False),
    # Looks up to then are gone, if any are: nothing is folded anew without them.
    Column("looks_from", Instant),
)

# Cameras of which looks became known so late that the sweeper folds them in at their place: from
# the earliest of them on, and up to the latest at least.
late_looks = Table(
    "late_looks",
    metadata,
    Column("camera_id", String(64), primary_key=True),
    Column("first_at", Instant, nullable=False),
    Column("first_id", _ULID, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("last_id", _ULID, nullable=False),
    # Rises with each that becomes known.
    Column("version", Integer, nullable=False),
)

incident_checkpoints = Table(
    "incident_checkpoints",
    metadata,
    Column("camera_id", String(64), primary_key=True),
    Column("at", Instant, primary_key=True),
    Column("inspection_id", _ULID, primary_key=True),
    Column("state", Json, nullable=False),
)

# What was said of cameras' pictures, and since when; without a camera: of all of them.
rule_versions = Table(
    "rule_versions",
    metadata,
    Column("camera_id", String(64), primary_key=True),
    Column("at", Instant, primary_key=True),
    Column("rules", Json, nullable=False),
)

# What was seen of cameras and did not count, by day (UTC) and rule; a mask by a digest of it.
suppressed_sightings = Table(
    "suppressed_sightings",
    metadata,
    Column("camera_id", String(64), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("by", String(8), primary_key=True),
    Column("mask", String(16), primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("last_at", Instant, nullable=False),
)

# Hot-work permits; one that was revoked stays, since what it covered stays covered.
permits = Table(
    "permits",
    metadata,
    Column("id", _ULID, primary_key=True),
    Column("camera_id", String(64), nullable=False),
    Column("polygon", Json, nullable=False),
    Column("since", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Column("number", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("revoked_at", Instant),
)
Index("ix_permits_camera_until", permits.c.camera_id, permits.c.until)

# Where people, or their systems, are told.
channels = Table(
    "channels",
    metadata,
    Column("id", _ULID, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("name", Text, nullable=False),
    Column("language", String(8), nullable=False),
    Column("settings", Json, nullable=False),
    # What is secret, sealed (`sealing.py`).
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
    # Why nothing is sent any more, where the receiver said so.
    Column("disabled_reason", StoredReason),
)

# Who is told of what (`domain/incidents/alert_rules.py`).
alert_rules = Table(
    "alert_rules",
    metadata,
    Column("id", _ULID, primary_key=True),
    Column("definition", Json, nullable=False),
    Column("created_at", Instant, nullable=False),
)

# Since when the same is held back: begun by an alarm that was delivered.
cool_downs = Table(
    "cool_downs",
    metadata,
    Column("rule_id", _ULID, primary_key=True),
    Column("channel_id", _ULID, primary_key=True),
    Column("camera_id", String(64), primary_key=True),
    Column("family", String(16), primary_key=True),
    Column("begun_at", Instant, nullable=False),
    # What the alarm was about; whatever is worse is told all the same.
    Column("severity", Integer, nullable=False),
    Column("hazards", Json, nullable=False),
    # Whether that was permitted hot work; what is not is told all the same.
    Column("permitted", Boolean, nullable=False, server_default=false()),
)

# When others are told of an incident if nobody has acknowledged it by then.
escalations = Table(
    "escalations",
    metadata,
    Column("rule_id", _ULID, primary_key=True),
    Column("incident_id", _ULID, primary_key=True),
    Column("due_at", Instant, nullable=False),
    # When that was decided, whether somebody was told or nobody needed to be.
    Column("settled_at", Instant),
)
UNSETTLED = text("settled_at IS NULL")
Index(
    "ix_escalations_due_at",
    escalations.c.due_at,
    postgresql_where=UNSETTLED,
    sqlite_where=UNSETTLED,
)

# Of which assignments that are overdue somebody was told.
overdue_alerts = Table(
    "overdue_alerts",
    metadata,
    Column("incident_id", _ULID, primary_key=True),
    Column("due_at", Instant, primary_key=True),
    Column("told_at", Instant, nullable=False),
)

# When a channel was sent something lately, where it takes so many messages a minute.
channel_paces = Table(
    "channel_paces",
    metadata,
    Column("channel_id", _ULID, primary_key=True),
    Column("sent_at", Json, nullable=False),
    # Until when its receiver wants to be left alone.
    Column("paused_until", Instant),
)

# What a channel is told, one row each, written with what it tells of.
messages = Table(
    "messages",
    metadata,
    Column("id", _ULID, primary_key=True),
    Column("channel_id", _ULID, nullable=False),
    Column("type", String(32), nullable=False),
    Column("incident_id", _ULID),
    Column("body", Json, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("status", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    # Of one that is held back: when a digest tells it, if no other message has by then.
    Column("next_try_at", Instant),
    Column("finished_at", Instant),
    # The rules that it goes by; none where its channel has none.
    Column("rule_ids", Json, nullable=False, server_default="[]"),
    # The message that tells what this one would have told.
    Column("told_in", _ULID),
    # Of several receivers those that have it; null before the first try.
    Column("reached", Json),
    # When it was over, by the clock of ages.
    Column("aged_from", Instant),
)
HELD = text("status = 'held'")
Index(
    "ix_messages_held",
    messages.c.next_try_at,
    messages.c.channel_id,
    postgresql_where=HELD,
    sqlite_where=HELD,
)
Index("ix_messages_channel_id", messages.c.channel_id, messages.c.id)
Index("ix_messages_status", messages.c.status, messages.c.id)
Index("ix_messages_aged_from", messages.c.aged_from, messages.c.id)
Index("ix_messages_incident_id", messages.c.incident_id, messages.c.id)

# How each try went.
deliveries = Table(
    "deliveries",
    metadata,
    Column("message_id", _ULID, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("took_ms", Integer, nullable=False),
    # What the receiver answered; NULL where it did not.
    Column("answer", Integer),
    Column("reason", StoredReason),
)

# One row a queue while what its jobs need is away; claims wait until `paused_until`.
outages = Table(
    "outages",
    metadata,
    Column("backend", String(16), primary_key=True),
    Column("since", Instant, nullable=False),
    Column("paused_until", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("reason", StoredReason, nullable=False),
)

workers = Table(
    "workers",
    metadata,
    Column("id", String(128), primary_key=True),
    Column("queue", String(16), nullable=False),
    Column("slots", Integer, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
)

# Roles that one process at a time holds, by name; at present the sweeper.
leases = Table(
    "leases",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("holder", String(128), nullable=False),
    Column("until", Instant, nullable=False),
)

# How often something happened, counted in the transaction in which it happened.  Many rows (shards)
# a name, so that transactions on PostgreSQL do not wait for each other's commit.
tallies = Table(
    "tallies",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("shard", Integer, primary_key=True),
    Column("total", BigInteger, nullable=False),
)

# The clock by which retention goes (`service/retention/age_clock.py`), one row: how far it is, and
# what the machine's clock said and how long the machine was up when it was last advanced.
age_clock = Table(
    "age_clock",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("wall_at", Instant, nullable=False),
    Column("boot", String(64), nullable=False),
    Column("boot_s", Float, nullable=False),
)

# Time that the machine's clock tells of and in which nobody counted; `at` and `changed_at` are of
# the age clock.
age_gaps = Table(
    "age_gaps",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("state", String(8), nullable=False),
    Column("at", Instant, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("noticed_at", Instant, nullable=False),
)

# How far the clock of each process is ahead of the database server's; PostgreSQL only.
clock_skews = Table(
    "clock_skews",
    metadata,
    Column("process", String(128), primary_key=True),
    Column("ahead_s", Float, nullable=False),
    Column("measured_at", Instant, nullable=False),
)

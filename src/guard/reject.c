/*-------------------------------------------------------------------------
 *
 * reject.c
 *	  What the guard tells whoever sent the statement.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "guard/guard.h"
#include "settings.h"
#include "utils/builtins.h"

/* SQLSTATEs of our own. */
#define ERRCODE_SDR_UNTRACKED		MAKE_SQLSTATE('S','D','0','0','1')
#define ERRCODE_SDR_UNAPPROVED		MAKE_SQLSTATE('S','D','0','0','2')
#define ERRCODE_SDR_PROTECTED		MAKE_SQLSTATE('S','D','0','0','3')
#define ERRCODE_SDR_OWN				MAKE_SQLSTATE('S','D','0','0','4')

#define UNLOCK_HINT \
	"In an emergency, a role that may call schemadrift_unlock() can unlock its session."

/* What there is to say, by reason. */
static const struct
{
	SdrReason	reason;
	int			sqlstate;
	const char *why;
	const char *hint;
}			faults[] = {

	{
		SDR_REASON_UNTRACKED, ERRCODE_SDR_UNTRACKED,
		"it is not part of a migration",
		"Put it into a migration and run that with \"prisma migrate deploy\" or with schemadrift_apply()."
	},
	{
		SDR_REASON_UNAPPROVED, ERRCODE_SDR_UNAPPROVED,
		"its migration has not been approved",
		"schemadrift_approve() approves a migration by the checksum of its script."
	},
	{
		SDR_REASON_PROTECTED, ERRCODE_SDR_PROTECTED,
		"acts of this kind are protected",
		"The approval of the migration, or the call that runs it, can say allow_destructive."
	},
	{
		SDR_REASON_OWN, ERRCODE_SDR_OWN,
		"it changes the guard itself",
		"schemadrift_arm() and schemadrift_disarm() change its mode."
	},
};

/* The object as messages name it; empty where the statement names none. */
static const char *
object_text(const SdrFacts *facts)
{
	const SdrTarget *target;

	if (facts->targets == NIL)
		return "";
	target = linitial(facts->targets);
	if (target->name == NULL)
		return "";
	return target->schema == NULL ? psprintf(" \"%s\"", target->name) :
		psprintf(" \"%s.%s\"", target->schema, target->name);
}

static int
fault_index(SdrReason reason)
{
	for (int i = 0; i < lengthof(faults); i++)
	{
		if (faults[i].reason == reason)
			return i;
	}
	return 0;
}

/* DETAIL: the mode, and what is missing or which act it is. */
static char *
detail_text(const SdrFrame *frame)
{
	StringInfoData buf;
	const char *act = sdr_protected_act(frame->facts.acts);

	initStringInfo(&buf);
	appendStringInfo(&buf, "The guard's mode is %s.",
					 sdr_mode_names[frame->mode]);
	if (frame->decision.reason == SDR_REASON_PROTECTED && act != NULL)
		appendStringInfo(&buf, " The act %s is in schemadrift.protect, and migration \"%s\" may not do it.",
						 act, frame->proof.migration ? frame->proof.migration : "");
	else if (frame->proof.missing != NULL)
		appendStringInfo(&buf, " %s", frame->proof.missing);
	else if (frame->proof.migration != NULL)
		appendStringInfo(&buf, " The migration is \"%s\", with checksum %s.",
						 frame->proof.migration,
						 frame->proof.checksum ? frame->proof.checksum : "unknown");
	return buf.data;
}

/* Refuse the statement, on record. */
void
sdr_reject(SdrFrame *frame)
{
	int			i = fault_index(frame->decision.reason);

	sdr_log_attempt(frame);
	ereport(ERROR,
			(errcode(faults[i].sqlstate),
			 errmsg("%s%s is rejected: %s",
					GetCommandTagName(frame->tag), object_text(&frame->facts),
					faults[i].why),
			 errdetail_internal("%s", detail_text(frame)),
			 errhint("%s " UNLOCK_HINT, faults[i].hint),
			 (frame->facts.command->flags & SDR_COMMAND_SECRET) != 0 ?
			 errhidestmt(true) : 0));
}

/* Let the statement pass, but say what is wrong with it. */
void
sdr_warn(SdrFrame *frame)
{
	int			i = fault_index(frame->decision.reason);

	ereport(WARNING,
			(errcode(faults[i].sqlstate),
			 errmsg("%s%s would be rejected: %s",
					GetCommandTagName(frame->tag), object_text(&frame->facts),
					faults[i].why),
			 errdetail_internal("%s", detail_text(frame)),
			 errhint("%s", faults[i].hint)));
}

/*
 * Refuse a statement that has dropped, by a cascade, what it may not.  act is
 * NULL for one that was taken to be about temporary objects alone.
 */
void
sdr_reject_dropped(SdrFrame *frame, const char *act, const char *identity)
{
	frame->decision.verdict = SDR_VERDICT_REJECTED;
	frame->decision.reason = act != NULL ? SDR_REASON_PROTECTED :
		SDR_REASON_UNTRACKED;
	sdr_log_attempt(frame);
	if (act == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_SDR_UNTRACKED),
				 errmsg("%s%s is rejected: it is not part of a migration",
						GetCommandTagName(frame->tag),
						object_text(&frame->facts)),
				 errdetail("It would drop \"%s\", which is not temporary.",
						   identity),
				 errhint("%s " UNLOCK_HINT, faults[0].hint)));
	ereport(ERROR,
			(errcode(ERRCODE_SDR_PROTECTED),
			 errmsg("%s%s is rejected: acts of this kind are protected",
					GetCommandTagName(frame->tag), object_text(&frame->facts)),
			 errdetail("It would drop \"%s\" too, and the act %s is in schemadrift.protect.",
					   identity, act),
			 errhint("%s", faults[2].hint)));
}

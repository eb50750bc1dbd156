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
#include "tcop/tcopprot.h"
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

/*
 * Does what the client has sent hold a secret?  The server's log has it beside
 * an error, and in the context of one, where the guard raises it.
 */
static void
look_for_secret(SdrFrame *frame)
{
	frame->secret = (frame->facts.command->flags & SDR_COMMAND_SECRET) != 0;
	if (!frame->secret && debug_query_string != NULL)
		(void) sdr_redact(debug_query_string, false, &frame->secret);
}

/* Refuse the statement, on record. */
void
sdr_reject(SdrFrame *frame)
{
	int			i = fault_index(frame->decision.reason);

	look_for_secret(frame);
	sdr_log_attempt(frame);
	ereport(ERROR,
			(errcode(faults[i].sqlstate),
			 errmsg("%s%s is rejected: %s",
					GetCommandTagName(frame->tag), object_text(&frame->facts),
					faults[i].why),
			 errdetail_internal("%s", detail_text(frame)),
			 errhint("%s " UNLOCK_HINT, faults[i].hint),
			 errhidestmt(frame->secret), errhidecontext(frame->secret)));
}

/* Let the statement pass, but say what is wrong with it. */
void
sdr_warn(SdrFrame *frame)
{
	int			i = fault_index(frame->decision.reason);

	frame->secret = (frame->facts.command->flags & SDR_COMMAND_SECRET) != 0;
	ereport(WARNING,
			(errcode(faults[i].sqlstate),
			 errmsg("%s%s would be rejected: %s",
					GetCommandTagName(frame->tag), object_text(&frame->facts),
					faults[i].why),
			 errdetail_internal("%s", detail_text(frame)),
			 errhint("%s", faults[i].hint),
			 errhidestmt(frame->secret), errhidecontext(frame->secret)));
}

/* What a cascade takes along, as DETAIL. */
static char *
dropped_text(SdrReason reason, const char *act, const char *identity)
{
	if (reason == SDR_REASON_PROTECTED)
		return psprintf(_("It would drop \"%s\" too, and the act %s is in schemadrift.protect."),
						identity, act);
	if (reason == SDR_REASON_UNTRACKED)
		return psprintf(_("It would drop \"%s\", which is not temporary."),
						identity);
	return psprintf(_("It would drop \"%s\" too."), identity);
}

/*
 * Find fault with a statement, which has passed, for what it has dropped by a
 * cascade.  act is the one that is protected, if that is the reason.
 */
void
sdr_fault_dropped(SdrFrame *frame, SdrReason reason, const char *act,
				  const char *identity)
{
	bool		rejected = frame->mode == SDR_GUARD_REJECT;
	int			i = fault_index(reason);

	look_for_secret(frame);
	frame->decision.verdict = rejected ? SDR_VERDICT_REJECTED :
		SDR_VERDICT_UNTRACKED;
	frame->decision.reason = reason;
	frame->decision.logged = true;
	if (frame->statement == NULL)
		sdr_frame_text(frame, NULL, -1, 0, false);
	if (rejected)
		sdr_log_attempt(frame);
	else if (frame->mode != SDR_GUARD_WARN)
		return;
	ereport(rejected ? ERROR : WARNING,
			(errcode(faults[i].sqlstate),
			 errmsg(rejected ? "%s%s is rejected: %s" : "%s%s would be rejected: %s",
					GetCommandTagName(frame->tag), object_text(&frame->facts),
					faults[i].why),
			 errdetail_internal("%s", dropped_text(reason, act, identity)),
			 errhint("%s", faults[i].hint),
			 errhidestmt(frame->secret), errhidecontext(frame->secret)));
}

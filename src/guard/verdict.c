/*-------------------------------------------------------------------------
 *
 * verdict.c
 *	  What the guard decides: facts and circumstances in, verdict and reason
 *	  out.
 *
 * Nothing here looks anything up, changes anything or raises an error, so
 * that the whole decision can be read in one place.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "guard/guard.h"

static const char *const verdict_names[] = {
	[SDR_VERDICT_TRACKED] = "tracked",
	[SDR_VERDICT_UNTRACKED] = "untracked",
	[SDR_VERDICT_EXEMPT] = "exempt",
	[SDR_VERDICT_REJECTED] = "rejected",
};

static const char *const reason_names[] = {
	[SDR_REASON_RUN] = "migration run by schemadrift",
	[SDR_REASON_PRISMA] = "script registered by Prisma",
	[SDR_REASON_PRISMA_TABLE] = "Prisma's own table",
	[SDR_REASON_UNTRACKED] = "no migration",
	[SDR_REASON_UNAPPROVED] = "migration not approved",
	[SDR_REASON_PROTECTED] = "protected act",
	[SDR_REASON_OWN] = "changes the guard itself",
	[SDR_REASON_LOWERED] = "mode lowered in the session",
	[SDR_REASON_SETTING] = "setting of the guard",
	[SDR_REASON_UNLOCKED] = "unlocked",
	[SDR_REASON_ROLE] = "exempt role",
	[SDR_REASON_INSTALL] = "installs schemadrift",
	[SDR_REASON_TEMPORARY] = "temporary object",
	[SDR_REASON_EXTENSION_MEMBER] = "member of an extension",
	[SDR_REASON_REPLICATION] = "applied by replication",
	[SDR_REASON_BINARY_UPGRADE] = "binary upgrade",
	[SDR_REASON_INTERNAL] = "internal command",
	[SDR_REASON_CLASS] = "exempt class of commands",
};

StaticAssertDecl(lengthof(reason_names) == SDR_NREASONS,
				 "every reason has a name");

/* Classes that a rule of exemption stands for. */
static const SdrExemption class_rule[] = {
	[SDR_CLASS_SCHEMA] = SDR_EXEMPT_SCHEMA,
	[SDR_CLASS_GLOBAL] = SDR_EXEMPT_GLOBAL,
	[SDR_CLASS_PRIVILEGE] = SDR_EXEMPT_PRIVILEGE,
	[SDR_CLASS_SERVER] = SDR_EXEMPT_SERVER,
	[SDR_CLASS_DATA] = SDR_EXEMPT_DATA,
};

StaticAssertDecl(lengthof(class_rule) == SDR_NCLASSES,
				 "every class that is watched has a rule");

const char *
sdr_verdict_name(SdrVerdict verdict)
{
	return verdict_names[verdict];
}

const char *
sdr_reason_name(SdrReason reason)
{
	return reason_names[reason];
}

static bool
is_on(const SdrCase *question, SdrExemption rule)
{
	return (question->exempt & (1u << rule)) != 0;
}

static bool
settle(SdrDecision *decision, SdrVerdict verdict, SdrReason reason,
	   bool logged)
{
	decision->verdict = verdict;
	decision->reason = reason;
	decision->logged = logged;
	decision->warned = false;
	return true;
}

/*
 * Exemptions, which need no proof: settled is set if one holds.  Rules come
 * first that make no rows, as what is not recorded needs no better reason.
 */
void
sdr_verdict_exempt(const SdrCase *question, SdrDecision *decision,
				   bool *settled)
{
	const SdrFacts *facts = question->facts;
	SdrReason	reason;

	*settled = false;
	if (question->in_upgrade && is_on(question, SDR_EXEMPT_BINARY_UPGRADE))
		reason = SDR_REASON_BINARY_UPGRADE;
	else if (question->in_extension &&
			 is_on(question, SDR_EXEMPT_EXTENSION_MEMBER))
		reason = SDR_REASON_EXTENSION_MEMBER;
	else if (question->in_replication &&
			 is_on(question, SDR_EXEMPT_REPLICATION))
		reason = SDR_REASON_REPLICATION;
	else if (facts->temporary && is_on(question, SDR_EXEMPT_TEMPORARY))
		reason = SDR_REASON_TEMPORARY;
	else if (facts->temporary && question->in_maintenance &&
			 is_on(question, SDR_EXEMPT_INTERNAL))
		reason = SDR_REASON_INTERNAL;
	else if (!facts->own && is_on(question, class_rule[facts->command->class]))
		reason = SDR_REASON_CLASS;
	else if (facts->install)
	{
		*settled = settle(decision, SDR_VERDICT_EXEMPT, SDR_REASON_INSTALL,
						  true);
		return;
	}
	else if (question->unlocked)
	{
		*settled = settle(decision, SDR_VERDICT_EXEMPT, SDR_REASON_UNLOCKED,
						  true);
		return;
	}
	else if (question->exempt_role)
	{
		*settled = settle(decision, SDR_VERDICT_EXEMPT, SDR_REASON_ROLE, true);
		return;
	}
	else
		return;
	/* a session that has exempted a class leaves its rows nevertheless */
	*settled = settle(decision, SDR_VERDICT_EXEMPT, reason,
					  reason == SDR_REASON_CLASS &&
					  question->exempt_in_session);
}

/* What is wrong with a statement, as far as it goes; false for nothing. */
static bool
find_fault(const SdrCase *question, SdrReason *reason)
{
	const SdrProof *proof = question->proof;

	if (proof->kind == SDR_PROOF_NONE)
		*reason = question->facts->own ? SDR_REASON_OWN : SDR_REASON_UNTRACKED;
	else if (question->require_approval && !proof->approved &&
			 proof->kind != SDR_PROOF_PRISMA_TABLE)
		*reason = SDR_REASON_UNAPPROVED;
	else if (question->facts->own && !proof->allow_destructive)
		*reason = SDR_REASON_OWN;
	else if (question->protected_act != NULL && !proof->allow_destructive)
		*reason = SDR_REASON_PROTECTED;
	else
		return false;
	return true;
}

/* The decision where no exemption holds; proof must have been looked for. */
void
sdr_verdict(const SdrCase *question, SdrDecision *decision)
{
	static const SdrReason proven[] = {
		[SDR_PROOF_RUN] = SDR_REASON_RUN,
		[SDR_PROOF_PRISMA] = SDR_REASON_PRISMA,
		[SDR_PROOF_PRISMA_TABLE] = SDR_REASON_PRISMA_TABLE,
	};
	SdrReason	fault;

	if (!find_fault(question, &fault))
	{
		settle(decision, SDR_VERDICT_TRACKED, proven[question->proof->kind],
			   true);
		return;
	}
	if (question->mode == SDR_GUARD_REJECT)
	{
		settle(decision, SDR_VERDICT_REJECTED, fault, true);
		return;
	}
	/* a weaker mode than the database's is the more important thing to say */
	settle(decision, SDR_VERDICT_UNTRACKED,
		   question->lowered ? SDR_REASON_LOWERED : fault, true);
	decision->warned = question->mode == SDR_GUARD_WARN;
}

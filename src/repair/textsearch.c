/*-------------------------------------------------------------------------
 *
 * textsearch.c
 *	  Text search: parsers, templates, dictionaries, configurations.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "repair/repair.h"
#include "utils/builtins.h"

static const SdrParameter parser_parameters[] = {
	{SDR_TS_PARSER_START, "START = {value}"},
	{SDR_TS_PARSER_GETTOKEN, "GETTOKEN = {value}"},
	{SDR_TS_PARSER_END, "END = {value}"},
	{SDR_TS_PARSER_LEXTYPES, "LEXTYPES = {value}"},
	{SDR_TS_PARSER_HEADLINE, "HEADLINE = {value}"},
	{SDR_ATTR_NONE}
};

static const SdrParameter template_parameters[] = {
	{SDR_TS_TEMPLATE_INIT, "INIT = {value}"},
	{SDR_TS_TEMPLATE_LEXIZE, "LEXIZE = {value}"},
	{SDR_ATTR_NONE}
};

static const SdrParameter dictionary_parameters[] = {
	{SDR_TS_DICTIONARY_TEMPLATE, "TEMPLATE = {value}"},
	{SDR_ATTR_NONE}
};

static const SdrParameter configuration_parameters[] = {
	{SDR_TS_CONFIGURATION_PARSER, "PARSER = {value}"},
	{SDR_ATTR_NONE}
};

static void
create_text_search(SdrPlan *plan, const SdrObject *object,
				   const SdrParameter *parameters, List *more)
{
	sdr_create_defined(plan, SDR_STAGE_FUNCTION, object,
					   psprintf("%s %s", sdr_sql_type(object), sdr_object_identity(object)),
					   list_concat(sdr_parameters_of(object, parameters), more));
}

static void
create_parser(SdrPlan *plan, const SdrObject *parser)
{
	create_text_search(plan, parser, parser_parameters, NIL);
}

const SdrMender sdr_ts_parser_mender = {
	.kind = SDR_KIND_TS_PARSER,
	.type = "TEXT SEARCH PARSER",
	.create = create_parser
};

static void
create_template(SdrPlan *plan, const SdrObject *template)
{
	create_text_search(plan, template, template_parameters, NIL);
}

const SdrMender sdr_ts_template_mender = {
	.kind = SDR_KIND_TS_TEMPLATE,
	.type = "TEXT SEARCH TEMPLATE",
	.create = create_template
};

static void
create_dictionary(SdrPlan *plan, const SdrObject *dictionary)
{
	create_text_search(plan, dictionary, dictionary_parameters,
					   sdr_option_texts(sdr_items(dictionary,
												  SDR_TS_DICTIONARY_OPTIONS),
										" = "));
}

static bool
has_key(const List *map, const char *key)
{
	const ListCell *lc;

	foreach(lc, map)
	{
		if (strcmp(((const SdrPair *) lfirst(lc))->key, key) == 0)
			return true;
	}
	return false;
}

/* An option without a value is taken away. */
static void
mend_dictionary(SdrPlan *plan, const SdrMend *mend)
{
	List	   *new = mend->value.u.map;
	List	   *texts = sdr_option_texts(new, " = ");
	ListCell   *lc;

	foreach(lc, sdr_items(mend->have, SDR_TS_DICTIONARY_OPTIONS))
	{
		const SdrPair *pair = lfirst(lc);

		if (!has_key(new, pair->key))
			texts = lappend(texts,
							pstrdup(quote_identifier(pair->key)));
	}
	sdr_step(plan, SDR_STAGE_FUNCTION, mend->want,
			 "ALTER TEXT SEARCH DICTIONARY %s (%s)",
			 sdr_object_identity(mend->want), sdr_join(texts, ", "));
}

static const SdrRule dictionary_rules[] = {
	{SDR_TS_DICTIONARY_OPTIONS,.mend = mend_dictionary},
	{SDR_ATTR_NONE}
};

const SdrMender sdr_ts_dictionary_mender = {
	.kind = SDR_KIND_TS_DICTIONARY,
	.type = "TEXT SEARCH DICTIONARY",
	.create = create_dictionary,
	.rules = dictionary_rules
};

static void
mapping_step(SdrPlan *plan, const SdrObject *configuration, const char *verb,
			 const SdrPair *pair)
{
	bool		drops = strcmp(verb, "DROP") == 0;

	sdr_step(plan, SDR_STAGE_PROPERTY, configuration,
			 "ALTER TEXT SEARCH CONFIGURATION %s %s MAPPING FOR %s%s%s",
			 sdr_object_identity(configuration), verb,
			 quote_identifier(pair->key), drops ? "" : " WITH ",
			 drops ? "" : pair->value);
}

static void
create_configuration(SdrPlan *plan, const SdrObject *configuration)
{
	ListCell   *lc;

	create_text_search(plan, configuration, configuration_parameters, NIL);
	foreach(lc, sdr_items(configuration, SDR_TS_CONFIGURATION_MAPPINGS))
		mapping_step(plan, configuration, "ADD", lfirst(lc));
}

static void
mend_mappings(SdrPlan *plan, const SdrMend *mend)
{
	List	   *old = sdr_items(mend->have, SDR_TS_CONFIGURATION_MAPPINGS);
	List	   *new = mend->value.u.map;
	ListCell   *lc;

	foreach(lc, old)
	{
		if (!has_key(new, ((SdrPair *) lfirst(lc))->key))
			mapping_step(plan, mend->want, "DROP", lfirst(lc));
	}
	foreach(lc, new)
		mapping_step(plan, mend->want, has_key(old, ((SdrPair *) lfirst(lc))->key) ?
					 "ALTER" : "ADD", lfirst(lc));
}

static const SdrRule configuration_rules[] = {
	{SDR_TS_CONFIGURATION_MAPPINGS,.mend = mend_mappings},
	{SDR_ATTR_NONE}
};

const SdrMender sdr_ts_configuration_mender = {
	.kind = SDR_KIND_TS_CONFIGURATION,
	.type = "TEXT SEARCH CONFIGURATION",
	.create = create_configuration,
	.rules = configuration_rules
};

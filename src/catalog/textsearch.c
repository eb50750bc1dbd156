/*-------------------------------------------------------------------------
 *
 * textsearch.c
 *	  Text search parsers, templates, dictionaries and configurations.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/live.h"
#include "catalog/indexing.h"
#include "catalog/pg_ts_config.h"
#include "catalog/pg_ts_config_map.h"
#include "catalog/pg_ts_dict.h"
#include "catalog/pg_ts_parser.h"
#include "catalog/pg_ts_template.h"
#include "commands/defrem.h"
#include "tsearch/ts_public.h"

static bool
parser_identify(SdrReader *reader, HeapTuple tuple, SdrEntry *entry)
{
	Form_pg_ts_parser form = (Form_pg_ts_parser) GETSTRUCT(tuple);

	entry->item.kind = sdr_kind(SDR_KIND_TS_PARSER);
	entry->item.name = pstrdup(NameStr(form->prsname));
	return true;
}

static void
parser_read(SdrReader *reader, HeapTuple tuple, SdrObject *object)
{
	static const SdrFunctionAttr functions[] = {
		{SDR_TS_PARSER_START, Anum_pg_ts_parser_prsstart},
		{SDR_TS_PARSER_GETTOKEN, Anum_pg_ts_parser_prstoken},
		{SDR_TS_PARSER_END, Anum_pg_ts_parser_prsend},
		{SDR_TS_PARSER_LEXTYPES, Anum_pg_ts_parser_prslextype},
		{SDR_TS_PARSER_HEADLINE, Anum_pg_ts_parser_prsheadline},
	};

	sdr_functions_read(reader, object, TSParserRelationId, tuple, functions,
					   lengthof(functions));
}

const SdrFamily sdr_ts_parser_family = {
	.kinds = SDR_IN(TS_PARSER),
	.catalog = TSParserRelationId,
	.name_index = TSParserNameNspIndexId,
	.identify = parser_identify,
	.read = parser_read,
};

static bool
template_identify(SdrReader *reader, HeapTuple tuple, SdrEntry *entry)
{
	Form_pg_ts_template form = (Form_pg_ts_template) GETSTRUCT(tuple);

	entry->item.kind = sdr_kind(SDR_KIND_TS_TEMPLATE);
	entry->item.name = pstrdup(NameStr(form->tmplname));
	return true;
}

static void
template_read(SdrReader *reader, HeapTuple tuple, SdrObject *object)
{
	static const SdrFunctionAttr functions[] = {
		{SDR_TS_TEMPLATE_INIT, Anum_pg_ts_template_tmplinit},
		{SDR_TS_TEMPLATE_LEXIZE, Anum_pg_ts_template_tmpllexize},
	};

	sdr_functions_read(reader, object, TSTemplateRelationId, tuple, functions,
					   lengthof(functions));
}

const SdrFamily sdr_ts_template_family = {
	.kinds = SDR_IN(TS_TEMPLATE),
	.catalog = TSTemplateRelationId,
	.name_index = TSTemplateNameNspIndexId,
	.identify = template_identify,
	.read = template_read,
};

static bool
dictionary_identify(SdrReader *reader, HeapTuple tuple, SdrEntry *entry)
{
	Form_pg_ts_dict form = (Form_pg_ts_dict) GETSTRUCT(tuple);

	entry->item.kind = sdr_kind(SDR_KIND_TS_DICTIONARY);
	entry->item.name = pstrdup(NameStr(form->dictname));
	return true;
}

static List *
read_options(SdrReader *reader, HeapTuple tuple)
{
	bool		isnull;
	Datum		value = sdr_get(reader, TSDictionaryRelationId, tuple,
								Anum_pg_ts_dict_dictinitoption, &isnull);
	List	   *options = NIL;
	ListCell   *lc;

	if (isnull)
		return NIL;
	foreach(lc, deserialize_deflist(value))
	{
		DefElem    *def = lfirst_node(DefElem, lc);

		options = sdr_map_add(options, def->defname, defGetString(def));
	}
	return options;
}

static void
dictionary_read(SdrReader *reader, HeapTuple tuple, SdrObject *object)
{
	Form_pg_ts_dict form = (Form_pg_ts_dict) GETSTRUCT(tuple);

	sdr_set_text(object, SDR_TS_DICTIONARY_TEMPLATE,
				 sdr_name_text(reader, TSTemplateRelationId,
							   form->dicttemplate));
	sdr_set_map(object, SDR_TS_DICTIONARY_OPTIONS,
				read_options(reader, tuple));
}

const SdrFamily sdr_ts_dictionary_family = {
	.kinds = SDR_IN(TS_DICTIONARY),
	.catalog = TSDictionaryRelationId,
	.name_index = TSDictionaryNameNspIndexId,
	.identify = dictionary_identify,
	.read = dictionary_read,
};

static bool
configuration_identify(SdrReader *reader, HeapTuple tuple, SdrEntry *entry)
{
	Form_pg_ts_config form = (Form_pg_ts_config) GETSTRUCT(tuple);

	entry->item.kind = sdr_kind(SDR_KIND_TS_CONFIGURATION);
	entry->item.name = pstrdup(NameStr(form->cfgname));
	return true;
}

/* The name of a type of token; its number if the parser has no such type. */
static const char *
token_name(const LexDescr *tokens, int id)
{
	for (; tokens != NULL && tokens->lexid != 0; tokens++)
	{
		if (tokens->lexid == id)
			return tokens->alias;
	}
	return psprintf("%d", id);
}

typedef struct Mapping
{
	int			token;
	const char *dictionaries;
} Mapping;

/* The rows of a configuration, which come by type of token and number. */
static List *
gather_mappings(SdrReader *reader, Oid configuration)
{
	SysScanDesc scan = sdr_scan_oid(reader, TSConfigMapRelationId,
									TSConfigMapIndexId,
									Anum_pg_ts_config_map_mapcfg,
									configuration);
	List	   *mappings = NIL;
	Mapping    *mapping = NULL;
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_ts_config_map form = (Form_pg_ts_config_map) GETSTRUCT(tuple);
		const char *name = sdr_name_text(reader, TSDictionaryRelationId,
										 form->mapdict);

		if (mapping != NULL && mapping->token == form->maptokentype)
		{
			mapping->dictionaries = psprintf("%s, %s", mapping->dictionaries,
											 name);
			continue;
		}
		mapping = palloc(sizeof(Mapping));
		mapping->token = form->maptokentype;
		mapping->dictionaries = name;
		mappings = lappend(mappings, mapping);
	}
	systable_endscan(scan);
	return mappings;
}

static void
configuration_read(SdrReader *reader, HeapTuple tuple, SdrObject *object)
{
	Form_pg_ts_config form = (Form_pg_ts_config) GETSTRUCT(tuple);
	List	   *mappings = gather_mappings(reader, object->oid);
	const LexDescr *tokens = mappings == NIL ? NULL :
	sdr_token_types(reader, form->cfgparser);
	List	   *map = NIL;
	ListCell   *lc;

	foreach(lc, mappings)
	{
		Mapping    *mapping = lfirst(lc);

		map = sdr_map_add(map, token_name(tokens, mapping->token),
						  mapping->dictionaries);
	}
	sdr_set_text(object, SDR_TS_CONFIGURATION_PARSER,
				 sdr_name_text(reader, TSParserRelationId, form->cfgparser));
	sdr_set_map(object, SDR_TS_CONFIGURATION_MAPPINGS, map);
}

const SdrFamily sdr_ts_configuration_family = {
	.kinds = SDR_IN(TS_CONFIGURATION),
	.catalog = TSConfigRelationId,
	.name_index = TSConfigNameNspIndexId,
	.identify = configuration_identify,
	.read = configuration_read,
};

/*-------------------------------------------------------------------------
 *
 * settings.h
 *	  Every setting of the extension.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SDR_SETTINGS_H
#define SDR_SETTINGS_H

/* ledger */
extern bool sdr_ledger_override;
extern int	sdr_lock_timeout;
extern bool sdr_strict_scripts;

/* guard */
extern int	sdr_guard_setting;
extern char *sdr_guard_binding;
extern bool sdr_require_approval;
extern char *sdr_protect;
extern char *sdr_exempt;
extern char *sdr_exempt_roles;
extern char *sdr_prisma_roles;
extern bool sdr_notify;
extern int	sdr_unlock_limit;
extern int	sdr_queue_size;
extern bool sdr_log_changes;

/* observe */
extern int	sdr_observe_interval;
extern char *sdr_observe_databases;

extern void sdr_settings_define(void);

#endif							/* SDR_SETTINGS_H */

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

extern void sdr_settings_define(void);

#endif							/* SDR_SETTINGS_H */

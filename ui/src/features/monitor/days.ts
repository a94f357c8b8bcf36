// Days as they are looked at on the Monitor screen.

import type { Pace } from "$lib/backend";
import { countDays, stepOf, type Days, type Range } from "$lib/days";

export const ranges: Range[] = ["today", "week", "month", "last_month", "twelve", "chosen"];

/** The steps along the time in which these days can be taken in at a glance: hours of a single one. */
export function paceOf(days: Days): Pace {
	return countDays(days) === 1 ? "hour" : stepOf(days);
}

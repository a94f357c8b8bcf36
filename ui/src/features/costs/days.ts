// Days as they are looked at on the Costs screen.

import type { Range } from "$lib/days";

export const ranges: Range[] = ["week", "month", "last_month", "year", "twelve", "chosen"];

const dayFormat = new Intl.DateTimeFormat("en-GB", {
	day: "numeric",
	month: "short",
	year: "numeric",
	timeZone: "UTC",
});

/** 24 Nov 2026 */
export function formatIsoDay(day: string): string {
	return dayFormat.format(new Date(day));
}

// Days as the host counts them: those of the person's own clock, written 2026-11-27.

import type { Period, Query } from "$lib/backend";
import { isoDay } from "$lib/format";

import { everything } from "./words";

export type Range = "week" | "month" | "year";

export const ranges: { value: Range; label: string }[] = [
	{ value: "week", label: "7 days" },
	{ value: "month", label: "30 days" },
	{ value: "year", label: "This year" },
];

const steps: Record<Range, Period> = { week: "day", month: "day", year: "month" };

/** The days of a range that end today. */
export function queryOf(range: Range, nowMs: number): Query {
	const today = new Date(nowMs);
	const first = new Date(nowMs);
	if (range === "year") first.setMonth(0, 1);
	else first.setDate(first.getDate() - (range === "week" ? 6 : 29));
	return { first: isoDay(first), last: isoDay(today), step: steps[range], filter: everything };
}

/** How many days there are from the first to the last. */
export function daysIn({ first, last }: Pick<Query, "first" | "last">): number {
	// By UTC, where every day has 24 hours.
	return (Date.parse(last) - Date.parse(first)) / 86_400_000 + 1;
}

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

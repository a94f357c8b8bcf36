// Groups conversations by when they were last used.

/** For times that are none: no list is to lose its other rows for one of them. */
const noDate = "Without a date";

export type DayGroup<T> = { label: string; items: T[] };

/** The groups in the order of the items, which come newest first. */
export function groupByDay<T extends { updatedAtMs: number }>(
	items: readonly T[],
	nowMs: number,
): DayGroup<T>[] {
	const groups: DayGroup<T>[] = [];
	for (const item of items) {
		const label = dayLabel(item.updatedAtMs, nowMs);
		const last = groups.at(-1);
		if (last?.label === label) last.items.push(item);
		else groups.push({ label, items: [item] });
	}
	return groups;
}

/** "Today", "Yesterday", "This week", "Last week", "March", "March 2025"; of any number. */
export function dayLabel(atMs: number, nowMs: number): string {
	const at = new Date(atMs);
	if (Number.isNaN(at.getTime())) return noDate;
	const now = new Date(nowMs);
	const days = wholeDays(at, now);
	if (days <= 0) return "Today";
	if (days === 1) return "Yesterday";
	// Weeks begin on Monday.
	const weekday = (now.getDay() + 6) % 7;
	if (days <= weekday) return "This week";
	if (days <= weekday + 7) return "Last week";
	const sameYear = at.getFullYear() === now.getFullYear();
	return at.toLocaleDateString(
		"en",
		sameYear ? { month: "long" } : { month: "long", year: "numeric" },
	);
}

/** Days between two local dates; noon avoids the hour that summer time takes or gives. */
function wholeDays(from: Date, to: Date): number {
	const noon = (date: Date) => new Date(date.getFullYear(), date.getMonth(), date.getDate(), 12);
	return Math.round((noon(to).getTime() - noon(from).getTime()) / 86_400_000);
}

// The conversation list as rows of one kind of height each, for a list that draws only what is seen.

import type { ConversationSummary } from "$lib/backend";

import { groupByDay } from "../days";

export type ListRow =
	| { kind: "day"; key: string; label: string }
	| { kind: "chat"; key: string; summary: ConversationSummary };

export function listRows(summaries: readonly ConversationSummary[], nowMs: number): ListRow[] {
	// A label may come twice, where clocks were set or times are none; a key may not.
	return groupByDay(summaries, nowMs).flatMap(({ label, items }, nth): ListRow[] => [
		{ kind: "day", key: `day ${nth}`, label },
		...items.map((summary): ListRow => ({ kind: "chat", key: summary.id, summary })),
	]);
}

// The conversation list as rows of one kind of height each, for a list that draws only what is seen.

import type { ConversationSummary } from "$lib/backend";

import { groupByDay } from "../days";

export type ListRow =
	| { kind: "day"; key: string; label: string }
	| { kind: "chat"; key: string; summary: ConversationSummary };

export function listRows(summaries: readonly ConversationSummary[], nowMs: number): ListRow[] {
	return groupByDay(summaries, nowMs).flatMap(({ label, items }): ListRow[] => [
		{ kind: "day", key: `day ${label}`, label },
		...items.map((summary): ListRow => ({ kind: "chat", key: summary.id, summary })),
	]);
}

// How long chats are kept, in words.

import type { Due, Hold, RetentionRule, RetentionRun } from "$lib/backend";
import { formatCount } from "$lib/format";

export const chats = (count: number) => (count === 1 ? "1 chat" : `${formatCount(count)} chats`);

const days = (count: number) => (count === 1 ? "1 day" : `${formatCount(count)} days`);

/** "Deleted 90 days after the last message". */
export function ruleWords(rule: RetentionRule | null): string {
	if (rule === null) return "Kept until somebody deletes them";
	const what = rule.action === "delete" ? "Deleted" : "Made anonymous";
	return `${what} ${days(rule.days)} after the last message`;
}

/** What becomes of a chat that is due. */
export const actionWords: Record<Due["action"], string> = {
	delete: "Deleted for good",
	anonymise: "Made anonymous",
};

/** What a run did in one workspace. */
export function runWords({ action, done, held, failed, problem }: RetentionRun): string {
	const said = [`${chats(done)} ${action === "delete" ? "deleted" : "made anonymous"}`];
	if (held > 0) said.push(`${formatCount(held)} held`);
	if (failed > 0) said.push(`${formatCount(failed)} could not go${problem ? `: ${problem}` : ""}`);
	return said.join(", ");
}

/** Tells two holds apart. */
export function keyOf({ on }: Pick<Hold, "on">): string {
	return on.kind === "workspace" ? on.workspaceId : on.conversationId;
}

// How long chats are kept, in words.

import type { Copies, Due, Hold, RetentionRule, RetentionRun, Waits } from "$lib/backend";
import { formatCount, formatMoment } from "$lib/format";

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

/** How many requests of clients of the local API. */
export function requestsOfClients(count: number): string {
	return count === 1 ? "1 request of a client" : `${formatCount(count)} requests of clients`;
}

/** What a run did in one workspace. */
export function runWords({ action, done, requests, held, failed, problem }: RetentionRun): string {
	const said = [`${chats(done)} ${action === "delete" ? "deleted" : "made anonymous"}`];
	if (requests > 0) said.push(`${requestsOfClients(requests)} forgotten`);
	if (held > 0) said.push(`${formatCount(held)} held`);
	if (failed > 0) {
		said.push(`${formatCount(failed)} could not go${problem ? `: ${problem.message}` : ""}`);
	}
	return said.join(", ");
}

/** Why nothing goes by itself. */
export function waitsWords(waits: Waits): string {
	return waits.because === "put_back"
		? `An older database was put back on ${formatMoment(waits.atMs)}. What is due in it may be what you wanted back.`
		: `Gatehouse looked last on ${formatMoment(waits.lookedAtMs)}. If this computer’s clock is wrong, what is due is not due.`;
}

/** Which copies keep what goes: a sentence for those that stay, one for those that are replaced. */
export function copiesWords(copies: Copies): string[] {
	const { byHand, setAside, earlierBackups, passing, backups } = copies;
	const of = (all: [number, string, string][], one: string, more: string): string[] => {
		const some = all.filter(([count]) => count > 0);
		const isOne = some.reduce((sum, [count]) => sum + count, 0) === 1;
		const words = some.map(
			([count, word, words]) => `${formatCount(count)} ${count === 1 ? word : words}`,
		);
		return words.length > 0
			? [`${words.join(" and ")} ${isOne ? `keeps it until ${one}` : `keep it until ${more}`}.`]
			: [];
	};
	return [
		...of(
			[
				[byHand, "snapshot made by hand", "snapshots made by hand"],
				[setAside, "database that was set aside", "databases that were set aside"],
				[earlierBackups, "backup in a folder chosen earlier", "backups in folders chosen earlier"],
			],
			"somebody deletes it",
			"somebody deletes them",
		),
		...of(
			[
				[passing, "snapshot", "snapshots"],
				[backups, "backup", "backups"],
			],
			"a newer one takes its place",
			"newer ones take their places",
		),
	];
}

/** Tells two holds apart. */
export function keyOf({ on }: Pick<Hold, "on">): string {
	return on.kind === "workspace" ? on.workspaceId : on.conversationId;
}

// A person's request about their data, in words, and how long there is left to answer it.

import type { RequestKind, SubjectRequest } from "$lib/backend";

const dayMs = 86_400_000;
/** From so many days before it is due on, an answer is due soon. */
const soonDays = 7;

export const kindWords: Record<RequestKind, string> = {
	access: "Access: wants to know what is kept",
	erasure: "Erasure: wants to be erased",
};

export type Standing = { tone: "plain" | "good" | "caution" | "bad"; words: string };

/** How a request stands at a time, in UTC milliseconds. */
export function standingOf(request: SubjectRequest, nowMs: number): Standing {
	if (request.state === "done") return { tone: "good", words: "Answered" };
	if (request.state === "refused") return { tone: "plain", words: "Refused" };
	const left = Math.ceil((request.dueAtMs - nowMs) / dayMs);
	const days = (count: number) => (count === 1 ? "1 day" : `${count} days`);
	if (request.dueAtMs < nowMs) {
		const late = Math.max(1, Math.floor((nowMs - request.dueAtMs) / dayMs));
		return { tone: "bad", words: `Overdue by ${days(late)}` };
	}
	if (left <= soonDays) return { tone: "caution", words: `Due in ${days(left)}` };
	return { tone: "plain", words: "Open" };
}

/** How many are due soon or overdue, for a mark beside the tab. */
export function pressing(requests: SubjectRequest[], nowMs: number): number {
	return requests.filter((request) => {
		const { tone } = standingOf(request, nowMs);
		return request.state === "open" && tone !== "plain";
	}).length;
}

/** One a line, without what is empty or said twice. */
export function identifiersIn(text: string): string[] {
	const lines = text.split("\n").map((line) => line.trim());
	return [...new Set(lines.filter(Boolean))];
}

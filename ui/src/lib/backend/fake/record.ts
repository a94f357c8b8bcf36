// The fake host's record: entries that grow with what is done, a failure, and verifications that can
// be stopped. Its hashes are made up; that they hold is tested where they are made.

import type { Backend } from "../backend";
import type {
	EntryDetails,
	EntryRow,
	Filter,
	Problem,
	RecordFault,
	RecordStatus,
	SetRightThen,
	WitnessVerdict,
} from "../bindings";

export type RecordPart = Pick<
	Backend,
	| "recordStatus"
	| "recordEntries"
	| "recordChoices"
	| "recordEntry"
	| "verifyRecord"
	| "stopVerifyingRecord"
	| "recordFailureSeen"
	| "chooseTimeStampAuthorities"
	| "saveWitness"
	| "compareWitness"
	| "exportRecord"
>;

export type RecordOptions = {
	now: () => number;
	/** Between two steps of a verification. */
	pause: () => Promise<void>;
	/** How many entries there are at first. */
	entries: number;
	/** The entry that was changed after it was written. */
	changedEntry: number | null;
	/** What was set right when that was found. */
	setRight: SetRightThen;
};

type Facts = Record<string, string>;
/** What is written again and again, newest last; a number stands where it differs. */
const pattern: { action: string; actor: string; facts: (nth: number) => Facts }[] = [
	{ action: "app.started", actor: "app", facts: () => ({ system: "linux", version: "0.1.0" }) },
	{
		action: "conversation.opened",
		actor: "window",
		facts: () => ({ workspace: "personal" }),
	},
	{
		action: "call.began",
		actor: "window",
		facts: (nth) => ({
			call: String(4180 + nth),
			decision: "mask",
			masked: "2",
			model: "gpt-6-luna",
			moves: "0",
			provider: "openai",
			purpose: "chat",
			route: "masked",
			workspace: "personal",
		}),
	},
	{
		action: "call.ended",
		actor: "window",
		facts: (nth) => ({
			call: String(4180 + nth),
			cost_usd: "0.00009",
			counted_by: "provider",
			duration_ms: "1900",
			input_tokens: "1412",
			model: "gpt-6-luna",
			outcome: "answered",
			output_tokens: "96",
			provider: "openai",
			workspace: "personal",
		}),
	},
	{
		action: "call.ended",
		actor: "window",
		facts: (nth) => ({
			call: String(4181 + nth),
			cost_usd: "0",
			model: "SmolLM2-135M-Instruct",
			outcome: nth % 2 === 0 ? "answered" : "failed",
			workspace: "personal",
		}),
	},
	{
		action: "gate.refused",
		actor: "window",
		facts: () => ({ outcome: "blocked", workspace: "personal" }),
	},
	{ action: "settings.changed", actor: "window", facts: () => ({ changed: "offline, theme" }) },
	{
		action: "conversation.deleted",
		actor: "window",
		facts: () => ({ workspace: "personal" }),
	},
];

const stopped: Problem = {
	code: "cancelled",
	message: "the verification was stopped",
	hint: null,
};
const noWitness: Problem = {
	code: "invalid_input",
	message: "this is neither a witness file of Gatehouse nor a code like GH-128-AAAA-BBBB-…",
	hint: null,
};
const hash = (of: number) => of.toString(16).padStart(64, "3fa9");
const code = (count: number) => `GH-${count}-BXMF-3DVT-M4CJ-TCIW-MYDE-KLHS-77M5-7KKK`;

const faulty: Problem = {
	code: "data_unusable",
	message: "a verification found a fault in the record, and it stands",
	hint: null,
};
const stamp = {
	service: "CN=Stamps of Berne",
	authority: "CN=Root of Berne",
	fingerprint: "5d5e".repeat(16),
	isNew: true,
};

export function fakeRecord({
	now,
	pause,
	entries,
	changedEntry,
	setRight,
}: RecordOptions): RecordPart {
	const chain: EntryRow[] = [];
	let stopping = false;
	let failure: RecordStatus["failure"] = null;
	let verified: RecordStatus["verified"] = null;
	let witness: RecordStatus["witness"] = null;

	function append(action: string, facts: Facts = {}, timeMs = now(), actor = "window") {
		const sequence = chain.length + 1;
		const list = Object.entries(facts).map(([name, value]) => ({ name, value, shown: null }));
		chain.push({ sequence, timeMs, actor, action, facts: list });
		return { sequence, timeMs, count: Number(facts.count ?? 0) || null };
	}

	append("record.began", { format: "1" }, now() - entries * 60_000, "app");
	for (let nth = 1; nth < entries; nth++) {
		const { action, actor, facts } = pattern[(nth - 1) % pattern.length] ?? pattern[0]!;
		append(
			action,
			facts(Math.floor(nth / pattern.length)),
			now() - (entries - nth) * 60_000,
			actor,
		);
	}
	if (changedEntry !== null) fail();

	function fail(): RecordFault {
		const at = changedEntry ?? 0;
		failure ??= {
			found: append("record.verification-failed", { at: String(at), outcome: "changed" }),
			fault: "changed",
			at,
			seen: false,
			stands: true,
			setRight,
		};
		return { name: "changed", words: `Entry ${at} was changed after it was written.`, at };
	}

	const fact = (row: EntryRow, name: string) =>
		row.facts.find((fact) => fact.name === name)?.value ?? null;

	function fits(row: EntryRow, filter: Filter): boolean {
		const text = filter.text?.toLowerCase();
		return (
			(!filter.action || row.action === filter.action) &&
			(!filter.model || fact(row, "model") === filter.model) &&
			(!filter.outcome || fact(row, "outcome") === filter.outcome) &&
			(!filter.workspace || fact(row, "workspace") === filter.workspace) &&
			(!filter.call || fact(row, "call") === String(filter.call)) &&
			(!filter.before || row.sequence < filter.before) &&
			(!text ||
				row.action.includes(text) ||
				filter.shown?.includes(row.action) ||
				String(row.sequence) === text ||
				(fact(row, "model") ?? "").toLowerCase().includes(text))
		);
	}

	const different = (values: (string | null)[]) =>
		[...new Set(values)].filter((value) => value !== null);

	function details(row: EntryRow): EntryDetails {
		const isPrivate = row.action.startsWith("call.");
		const isErased = row.action === "conversation.deleted";
		return {
			row,
			previous: row.sequence === 1 ? "0".repeat(64) : hash(row.sequence - 1),
			hash: hash(row.sequence),
			commitment: isPrivate || isErased ? hash(row.sequence + 9_000_000) : "",
			payload: isPrivate ? '{"answer":"message-5","question":"She owes what?"}' : null,
			checkpoint: row.sequence > chain.length - 8 ? null : Math.ceil(row.sequence / 64) * 64,
			// The second answer of the first sample chat.
			message: isPrivate ? { conversation: "chat-1", message: "message-5" } : null,
		};
	}

	/** A witness of this record speaks of as many entries as its code says. */
	function compared(typed: string): WitnessVerdict {
		const count = Number(/^GH-(\d+)(-[A-Z2-7]{4}){8}$/i.exec(typed)?.[1] ?? 0);
		if (count === 0) throw noWitness;
		const isOurs = typed.toUpperCase() === code(count) && count <= chain.length;
		const words = `The first ${count} entries are not the ones that were signed.`;
		const fault = isOurs ? null : { name: "checkpoint-differs", words, at: count };
		const since = new Map<string, number>();
		for (const { action } of isOurs ? chain.slice(count) : []) {
			since.set(action, (since.get(action) ?? 0) + 1);
		}
		append("record.witness-compared", {
			count: String(count),
			outcome: isOurs ? "holds" : "checkpoint-differs",
		});
		const most = [...since].sort(([, one], [, other]) => other - one);
		return {
			count,
			fault,
			since: most.map(([action, count]) => ({ action, count })),
			stamp: null,
			stampFault: null,
		};
	}

	return {
		recordStatus: async () => ({
			count: chain.length,
			failure,
			verified,
			witness,
			code: code(chain.length),
			publicKey: "d62f016a1efd1e4fdf793eb42cd84471e1ba9f0cf04d1287b5cc71f616287cb8",
		}),
		recordEntries: async (filter) =>
			chain
				.filter((row) => fits(row, filter))
				.reverse()
				.slice(0, filter.limit),
		recordChoices: async () => ({
			actions: different(chain.map(({ action }) => action)),
			models: different(chain.map((row) => fact(row, "model"))).map((model) => ({
				model,
				name: model,
			})),
			outcomes: different(chain.map((row) => fact(row, "outcome"))),
		}),
		recordEntry: async (sequence) => {
			const row = chain[sequence - 1];
			return row ? details(row) : null;
		},
		verifyRecord: async (onProgress) => {
			stopping = false;
			for (let done = 0; done <= 10; done++) {
				onProgress(done / 10);
				await pause();
				if (stopping) throw stopped;
			}
			const count = chain.length;
			const fault = changedEntry === null ? null : fail();
			if (fault === null) {
				verified = append("record.verified", { count: String(count) });
				if (failure) failure = { ...failure, stands: !failure.seen };
			}
			const erased = chain.filter(({ action }) => action === "conversation.deleted").length;
			const notes = {
				clockSetBack: 1,
				clockSetBackAt: 12,
				keysReplaced: 0,
				keysReplacedAt: null,
				failed: failure ? 1 : 0,
				failedAt: failure?.found.sequence ?? null,
				erased,
				unproven: 0,
			};
			return { count: fault === null ? count : fault.at! - 1, fault, notes };
		},
		stopVerifyingRecord: async () => void (stopping = true),
		recordFailureSeen: async () => {
			if (failure) {
				const stands = (verified?.sequence ?? 0) < failure.found.sequence;
				failure = { ...failure, seen: true, stands };
			}
			append("record.failure-seen");
		},
		chooseTimeStampAuthorities: async () => ({
			pem: "-----BEGIN CERTIFICATE-----",
			authorities: [{ name: stamp.authority, fingerprint: stamp.fingerprint }],
		}),
		saveWitness: async (insist, timeStampUrl, authorities) => {
			if (failure?.stands && !insist) throw faulty;
			witness = append("record.witness-saved", { count: String(chain.length) });
			const path = "/home/ada/gatehouse-witness.json";
			if (timeStampUrl === null) return { path, stamp: null };
			append("record.time-stamped", { count: String(chain.length) });
			return { path, stamp: { ...stamp, timeMs: now(), isNew: authorities === null } };
		},
		compareWitness: async (typed) => compared(typed ?? code(128)),
		exportRecord: async (contents, insist) => {
			if (failure?.stands && !insist) throw faulty;
			append("record.exported", { private: contents === "facts" ? "left out" : "included" });
			return "/home/ada/gatehouse-record.jsonl";
		},
	};
}

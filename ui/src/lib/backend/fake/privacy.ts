// The fake host's requests about people: what is found is what its chats really say, and what is
// erased is gone from them.

import type { Backend } from "../backend";
import type {
	Erasure,
	ErasurePreview,
	ErasureStep,
	FoundIdentifier,
	Place,
	Problem,
	StoredPart,
	SubjectRequest,
} from "../bindings";
import type { ErasablePart } from "./chats";
import type { HoldingPart } from "./keeping";

export type PrivacyPart = Pick<
	Backend,
	| "listRequests"
	| "openRequest"
	| "closeRequest"
	| "findPerson"
	| "exportPerson"
	| "previewErasure"
	| "erase"
	| "saveCertificate"
	| "storedParts"
>;

export type PrivacyOptions = {
	now: () => number;
	/** Between two steps of an erasure. */
	pause: () => Promise<void>;
	chats: ErasablePart;
	isHeld: HoldingPart["isHeld"];
	/** No requests. */
	empty: boolean;
	/** What an erasure finds left behind. */
	leftover: boolean;
	/** An erasure cannot remove the snapshots. */
	inTheWay: boolean;
};

const dayMs = 86_400_000;
const noRequest: Problem = {
	code: "not_found",
	message: "There is no such request.",
	hint: null,
};
const nobody: Problem = {
	code: "invalid_input",
	message: "Write down what the person goes by.",
	hint: null,
};

const onHold: Problem = {
	code: "not_allowed",
	message: "It is on hold, and what is on hold is not erased. Lift the hold first.",
	hint: null,
};

const keptSnapshots = {
	what: "snapshots",
	why: "not all of them could be removed: Permission denied (os error 13)",
	inDataFolder: true,
};

export function fakePrivacy(options: PrivacyOptions): PrivacyPart {
	const { now, pause, chats } = options;
	let ids = 0;
	let requests: SubjectRequest[] = options.empty ? [] : sampleRequests();

	function sampleRequests(): SubjectRequest[] {
		return [
			noted("erasure", ["Anna", "anna.brandt@example.org"], "By e-mail, filed under B", 26),
			noted("access", ["+44 20 7946 0018"], "", 3),
			{
				...noted("access", [], "", 70),
				state: "done" as const,
				closedAtMs: now() - 55 * dayMs,
			},
		].map((request, at, all) => ({ ...request, number: all.length - at }));
	}

	function noted(
		kind: SubjectRequest["kind"],
		identifiers: string[],
		note: string,
		daysAgo: number,
	): SubjectRequest {
		const receivedAtMs = now() - daysAgo * dayMs;
		return {
			number: ++ids,
			kind,
			identifiers,
			note,
			receivedAtMs,
			dueAtMs: receivedAtMs + 30 * dayMs,
			state: "open",
			closedAtMs: null,
		};
	}

	const hits = (text: string, wanted: string) =>
		text.toLowerCase().split(wanted.toLowerCase()).length - 1;

	/** The place in a text and what is around it. */
	function context(text: string, wanted: string): Place["context"] {
		const at = text.toLowerCase().indexOf(wanted.toLowerCase());
		const from = Math.max(0, at - 60);
		return [
			{ text: (from > 0 ? "…" : "") + text.slice(from, at), hit: false },
			{ text: text.slice(at, at + wanted.length), hit: true },
			{ text: text.slice(at + wanted.length, at + wanted.length + 80), hit: false },
		];
	}

	function find(identifiers: string[]): { identifiers: FoundIdentifier[]; places: Place[] } {
		if (identifiers.length === 0) throw nobody;
		const places: Place[] = [];
		const counts = new Map<string, number>();
		const look = (wanted: string, text: string, place: Omit<Place, "context" | "count">) => {
			const count = hits(text, wanted);
			if (count === 0) return;
			counts.set(wanted, (counts.get(wanted) ?? 0) + count);
			places.push({ ...place, context: context(text, wanted), count });
		};
		for (const chat of chats.all()) {
			const of = { conversationId: chat.id, name: chat.title, workspace: "Personal" };
			for (const wanted of identifiers) {
				look(wanted, chat.title ?? "", { ...of, kind: "title", messageId: null, atMs: null });
				for (const { id, text, createdAtMs } of chat.messages) {
					look(wanted, text, { ...of, kind: "message", messageId: id, atMs: createdAtMs });
				}
			}
		}
		const of = { conversationId: null, messageId: null, atMs: null, workspace: null };
		for (const wanted of identifiers) {
			look(wanted, "Brandt\nLarkspur", { ...of, kind: "own_rule", name: "Clients" });
		}
		const found = identifiers.map((text): FoundIdentifier => {
			const kind = text.includes("@") ? "email" : /^[+\d]/.test(text) ? "number" : "words";
			return { text, kind, count: counts.get(text) ?? 0 };
		});
		return { identifiers: found, places };
	}

	/** The chats that an erasure is about, and what goes of each. */
	function target(erasure: Erasure): { ids: string[]; messages: number; words: number } {
		const all = chats.all();
		if (erasure.type !== "person") {
			const ids = all.filter(({ id }) => erasure.type === "workspace" || id === erasure.id);
			const messages = ids.reduce((sum, { messages }) => sum + messages.length, 0);
			return { ids: ids.map(({ id }) => id), messages, words: 0 };
		}
		const { places } = find(erasure.identifiers);
		const ids = [...new Set(places.map(({ conversationId }) => conversationId))].filter(
			(id) => id !== null,
		);
		const inMessages = places.filter(({ kind }) => kind === "message");
		const words = inMessages.reduce((sum, { count }) => sum + count, 0);
		if (erasure.extent === "words") return { ids, messages: 0, words };
		const whole = all.filter(({ id }) => ids.includes(id)).flatMap(({ messages }) => messages);
		const messages = erasure.extent === "messages" ? inMessages.length : whole.length;
		return { ids, messages, words: 0 };
	}

	function preview(erasure: Erasure): ErasurePreview {
		const { ids, messages, words } = target(erasure);
		const all = chats.all().filter(({ id }) => ids.includes(id));
		const isWhole = erasure.type !== "person" || erasure.extent === "conversations";
		const goes = [
			{ what: "chats, with their titles, drafts and options", count: isWhole ? ids.length : 0 },
			{ what: "messages in every version", count: messages },
			{ what: "words in messages, titles and drafts", count: words },
			{ what: "snapshots that still hold it", count: ids.length > 0 ? 3 : 0 },
		];
		const stays = [
			{
				what: "entries of the record",
				why: "They say that something happened, and nothing of what. Their private parts go.",
				count: 2 * messages + words,
			},
		];
		return {
			conversations: isWhole ? ids.length : 0,
			messages,
			goes: goes.filter(({ count }) => count > 0),
			stays: stays.filter(({ count }) => count > 0),
			held: all
				.filter(({ id }) => options.isHeld(id))
				.map(({ title }) => title ?? "a conversation"),
		};
	}

	function erase(erasure: Erasure): void {
		const { ids } = target(erasure);
		if (erasure.type !== "person" || erasure.extent === "conversations") chats.erase(ids);
		else chats.takeOut(erasure.identifiers, erasure.extent === "messages");
	}

	return {
		listRequests: async () => requests,
		openRequest: async ({ kind, identifiers, note, receivedAtMs }) => {
			const number = requests.length + 1;
			const dueAtMs = receivedAtMs + 30 * dayMs;
			const request = { ...noted(kind, identifiers, note, 0), number, receivedAtMs, dueAtMs };
			requests = [request, ...requests];
			return request;
		},
		closeRequest: async (number, state) => {
			const open = requests.find((request) => request.number === number);
			if (open?.state !== "open") throw noRequest;
			const closed = { ...open, state, identifiers: [], note: "", closedAtMs: now() };
			requests = requests.map((request) => (request === open ? closed : request));
			return closed;
		},
		findPerson: async (identifiers) => {
			const found = find(identifiers);
			const total = found.places.length;
			return { ...found, total, unreadable: 0, snapshots: total > 0 ? 3 : 0, pictures: 0 };
		},
		exportPerson: async (_, form) => `/home/ada/gatehouse-person.${form}`,
		previewErasure: async (erasure) => preview(erasure),
		erase: async (erasure, request, onStep) => {
			if (target(erasure).ids.some(options.isHeld)) throw onHold;
			const { conversations, messages } = preview(erasure);
			const { words } = target(erasure);
			const steps: ErasureStep[] = ["content", "engines", "snapshots", "log", "check"];
			for (const step of steps) {
				onStep(step);
				await pause();
			}
			erase(erasure);
			requests = requests.map((open) =>
				open.number === request
					? { ...open, state: "done", identifiers: [], note: "", closedAtMs: now() }
					: open,
			);
			return {
				certificate: 171,
				conversations,
				messages,
				words,
				snapshots: 3,
				remains: [
					{
						what: "The backup of 20 November 2026",
						why: "Its disk is not connected. It is removed when the next backup is made there.",
						inDataFolder: false,
					},
					...(options.inTheWay ? [keptSnapshots] : []),
				],
				check: {
					traces: 12,
					pages: 859,
					files: 7,
					bytes: 3_912_704,
					found: options.leftover ? [{ place: "the database", count: 1 }] : [],
				},
			};
		},
		saveCertificate: async (_, form) => `/home/ada/gatehouse-erasure.${form}`,
		storedParts: async () => sampleParts,
	};
}

const home = "/home/ada/.local/share/gatehouse";
const sampleParts: StoredPart[] = [
	{ kind: "database", path: `${home}/gatehouse.db`, files: 1, bytes: 3_518_464 },
	{ kind: "snapshots", path: `${home}/snapshots`, files: 3, bytes: 10_555_392 },
	{ kind: "replaced", path: `${home}/replaced`, files: 1, bytes: 12_288 },
	{ kind: "models", path: `${home}/models`, files: 1, bytes: 98_000_000 },
	{ kind: "window", path: `${home}/window`, files: 4, bytes: 12_288 },
	{ kind: "other", path: home, files: 5, bytes: 412 },
];

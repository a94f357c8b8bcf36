// The fake host's archives: one that can be chosen, locked or not, and what is found in it.

import type { Backend } from "../backend";
import type { ArchivedRecord, Holdings, Problem } from "../bindings";
import type { ErasablePart } from "./chats";

export type ArchivePart = Pick<
	Backend,
	| "exportArchive"
	| "exportAnonymous"
	| "keptPseudonymKeys"
	| "destroyPseudonymKeys"
	| "chooseArchive"
	| "checkArchive"
	| "importArchive"
	| "stopArchive"
>;

export type ArchiveOptions = {
	now: () => number;
	/** Between two steps. */
	pause: () => Promise<void>;
	chats: ErasablePart;
	/** The archive that is chosen opens with this alone. */
	lockedWith: string | null;
	/** The record in it does not hold. */
	spoiled: boolean;
};

const stopped: Problem = { code: "cancelled", message: "it was stopped", hint: null };
const wrong: Problem = {
	code: "invalid_input",
	message: "The passphrase does not open this archive.",
	hint: null,
};

export function fakeArchive(options: ArchiveOptions): ArchivePart {
	const { now, pause, chats } = options;
	let stopping = false;
	let keysKept = false;

	async function steps(onProgress: (share: number) => void): Promise<void> {
		stopping = false;
		for (let done = 0; done <= 10; done++) {
			onProgress(done / 10);
			await pause();
			if (stopping) throw stopped;
		}
	}

	function open(passphrase: string | null): void {
		if (passphrase !== options.lockedWith) throw wrong;
	}

	const holds: Holdings = {
		workspaces: 1,
		conversations: 2,
		messages: 14,
		calls: 7,
		presets: 1,
		aliases: 0,
		recordEntries: 41,
	};
	const record: ArchivedRecord = {
		holds: !options.spoiled,
		entries: 41,
		words: options.spoiled ? ["Entry 42 was changed after it was written."] : [],
		publicKey: options.spoiled ? null : "d62f016a1efd1e4fdf793eb42cd84471e1ba9f0cf04d1287b5cc71f6",
	};

	return {
		exportArchive: async (scope, passphrase, onProgress) => {
			await steps(onProgress);
			const all = chats.all();
			const some = all.filter(({ id }) =>
				scope.type === "conversation" ? id === scope.conversationId : true,
			);
			const encrypted = passphrase !== null;
			return {
				path: `/home/ada/gatehouse-archive.zip${encrypted ? ".age" : ""}`,
				encrypted,
				holds: {
					...holds,
					conversations: some.length,
					messages: some.reduce((sum, { messages }) => sum + messages.length, 0),
				},
			};
		},
		exportAnonymous: async (_scope, { keepKey }, passphrase, onProgress) => {
			await steps(onProgress);
			keysKept ||= keepKey;
			const encrypted = passphrase !== null;
			return {
				path: `/home/ada/gatehouse-anonymous.zip${encrypted ? ".age" : ""}`,
				encrypted,
				conversations: chats.all().length,
				messages: chats.all().reduce((sum, { messages }) => sum + messages.length, 0),
				found: [
					{ label: "PERSON", words: "Names of people", places: 12, values: 3 },
					{ label: "SECRET", words: "Secrets", places: 1, values: 0 },
				],
			};
		},
		keptPseudonymKeys: async () => (keysKept ? ["workspace-1"] : []),
		destroyPseudonymKeys: async () => {
			const keys = keysKept ? 1 : 0;
			keysKept = false;
			return { keys, snapshots: 2, isGone: true };
		},
		chooseArchive: async () => ({
			fileName: options.lockedWith === null ? "larkspur.zip" : "larkspur.zip.age",
			encrypted: options.lockedWith !== null,
		}),
		checkArchive: async (passphrase, onProgress) => {
			await steps(onProgress);
			open(passphrase);
			return {
				madeAtMs: now() - 86_400_000,
				appVersion: "0.1.0",
				scope: "workspace",
				holds,
				workspaces: ["Larkspur"],
				record,
			};
		},
		importArchive: async (passphrase, onProgress) => {
			await steps(onProgress);
			open(passphrase);
			return {
				workspaces: [{ name: "Larkspur", made: true, conversations: 2 }],
				conversations: ["chat-901", "chat-902"],
				messages: 14,
				presets: 1,
				aliases: 0,
				pastRule: [],
				leftOut: ["A chat used the model Phi 4, which is not here: it has none now."],
				record,
			};
		},
		stopArchive: async () => void (stopping = true),
	};
}

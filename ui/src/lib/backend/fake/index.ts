// A host in memory, for tests and for looking at the interface in a browser (`npm run dev`, then
// ?fake). It keeps what it is told, streams answers and can be made to fail. Never in the product.

import type { Backend, HostEvents } from "../backend";
import type {
	EngineStatus,
	Problem,
	KeyHome,
	ModelAdding,
	SetRightThen,
	SnapshotInfo,
	Startup,
	StartupCode,
} from "../bindings";
import { fakeApi } from "./api";
import { fakeArchive } from "./archive";
import { fakeChats } from "./chats";
import { fakeCosts } from "./costs";
import { fakeGate } from "./gate";
import { fakeKeeping } from "./keeping";
import { fakeMonitor } from "./monitor";
import { fakePictures } from "./pictures";
import { fakePrivacy } from "./privacy";
import { fakeRecord } from "./record";
import { sampleComputer, sampleModels, sampleSettings, sampleSnapshots } from "./samples";
import { stepByStep, type Steps } from "./steps";

export type FakeOptions = {
	now?: () => number;
	/** Time between two pieces of an answer or of progress; 0 does not wait. */
	tokenMs?: number;
	/** No conversations. */
	empty?: boolean;
	/** No models. */
	noModels?: boolean;
	/** Also a conversation of this many messages. */
	longChat?: number;
	keyHome?: KeyHome;
	/** The screen to show in place of the app. */
	problem?: StartupCode | null;
	/** Keep the start-up waiting for ever. */
	starting?: boolean;
	/** Models elsewhere that cannot be reached. */
	down?: string[];
	/** Models elsewhere that take a request, and have too much to do to answer it. */
	busy?: string[];
	/** Entries of the record. */
	entries?: number;
	/** The entry of the record that was changed after it was written, which the start has found. */
	changedEntry?: number | null;
	/** What was set right when a failed verification was written down. */
	setRight?: SetRightThen;
	/** The disk with the backups is not connected. */
	unplugged?: boolean;
	/** The archive that is chosen opens with this alone. */
	lockedWith?: string;
	/** The record in archives and backups does not hold. */
	spoiled?: boolean;
	/** An older database was put back, and nobody has looked since at what would go. */
	putBack?: boolean;
	/** An erasure finds something left behind. */
	leftover?: boolean;
	/** An erasure cannot remove the snapshots. */
	inTheWay?: boolean;
	/** Calls under way on the Monitor screen. */
	liveCalls?: number;
	/** What every answer ends with. */
	answerError?: Problem | null;
};

type Method = Exclude<keyof Backend, "on" | "listening">;

export type FakeBackend = Backend & {
	/** Says something as the host would. */
	emit<Name extends keyof HostEvents>(name: Name, payload: HostEvents[Name]): void;
	/** Makes a method reject from now on; null lets it work again. */
	fail(method: Method, error: Problem | null): void;
	/** Has answers and progress stand at their next step, and go on. */
	readonly halt: Steps["halt"];
	readonly goOn: Steps["goOn"];
	/** The methods called, with their arguments, in order. */
	readonly calls: { method: Method; args: unknown[] }[];
};

const gibibyte = 1024 ** 3;

/** The options in an address such as ?fake&problem=damaged&long=10000. */
export function optionsFromAddress(query: URLSearchParams): FakeOptions {
	const answerError: Problem = {
		code: "engine_died",
		message: "The engine ended while writing (signal 9).",
		hint: null,
	};
	return {
		tokenMs: Number(query.get("tokenMs") ?? 18),
		empty: query.has("empty"),
		noModels: query.has("nomodels"),
		longChat: Number(query.get("long") ?? 0),
		keyHome: query.get("key") === "file" ? "file" : "keychain",
		problem: query.get("problem") as StartupCode | null,
		starting: query.has("starting"),
		entries: Number(query.get("entries") ?? 168),
		changedEntry: query.has("changed") ? Number(query.get("changed")) : null,
		unplugged: query.has("unplugged"),
		...(query.has("locked") && { lockedWith: query.get("locked") ?? "" }),
		spoiled: query.has("spoiled"),
		putBack: query.has("put-back"),
		leftover: query.has("leftover"),
		liveCalls: Number(query.get("calls") ?? 2),
		answerError: query.has("dies") ? answerError : null,
	};
}

export function fakeBackend(options: FakeOptions = {}): FakeBackend {
	const now = options.now ?? Date.now;
	const tokenMs = options.tokenMs ?? 0;
	const handlers = new Map<keyof HostEvents, Set<(payload: never) => void>>();
	const failures = new Map<Method, Problem>();
	const calls: FakeBackend["calls"] = [];
	const cancelled = new Set<string>();
	let adding = false;
	let problem = options.problem ?? null;
	let settings = { ...sampleSettings };
	let models = options.noModels ? [] : sampleModels(now());
	let snapshots = sampleSnapshots(now());
	let engines: EngineStatus[] = options.noModels ? [] : [engineOf("smollm2")];
	if (options.noModels) settings.defaultModelId = null;

	function emit<Name extends keyof HostEvents>(name: Name, payload: HostEvents[Name]): void {
		for (const handler of handlers.get(name) ?? []) handler(payload as never);
	}

	function engineOf(modelId: string): EngineStatus {
		const memoryBytes = models.find((model) => model.id === modelId)?.memory.totalBytes ?? 0;
		return {
			modelId,
			state: "ready",
			fraction: 1,
			contextTokens: 4096,
			sequences: 4,
			memoryBytes,
			error: null,
		};
	}

	function setEngine(modelId: string, change: Partial<EngineStatus> | null): void {
		const others = engines.filter((engine) => engine.modelId !== modelId);
		const known = engines.find((engine) => engine.modelId === modelId) ?? engineOf(modelId);
		engines = change ? [...others, { ...known, ...change }] : others;
		emit("enginesChanged", engines);
	}

	const steps = stepByStep();
	const pause = () => steps.pause(tokenMs * 6);

	function startup(): Startup {
		if (problem === null) {
			return {
				state: "ready",
				version: "0.1.0",
				dataFolder: "/home/ada/.local/share/gatehouse",
				keyHome: options.keyHome ?? "keychain",
			};
		}
		return {
			state: "problem",
			code: problem,
			message: problemMessages[problem],
			hint: null,
			dataFolder: "/home/ada/.local/share/gatehouse",
			snapshots: ["damaged", "damaged_in_part", "newer", "migration_failed"].includes(problem)
				? snapshots
				: [],
			canRetry: !["damaged", "newer", "key_wrong"].includes(problem),
			canUseKeyFile: problem === "keychain_locked",
			canStartEmpty: ["damaged", "key_missing", "key_wrong"].includes(problem),
		};
	}

	/** Every way out of a problem helps. */
	async function opened(): Promise<Startup> {
		problem = null;
		return startup();
	}

	/** The first start meets the problem, another try helps. */
	async function start(): Promise<Startup> {
		if (options.starting) return new Promise<Startup>(() => {});
		const outcome = startup();
		problem = null;
		return outcome;
	}

	async function load(id: string): Promise<void> {
		cancelled.delete(id);
		for (let fraction = 0; fraction < 1; fraction += 0.04) {
			if (cancelled.has(id)) {
				setEngine(id, null);
				throw {
					code: "cancelled",
					message: "It was stopped before its end.",
					hint: null,
				} satisfies Problem;
			}
			setEngine(id, { state: "loading", fraction });
			await pause();
		}
		setEngine(id, { state: "ready", fraction: 1 });
	}

	async function addModel(): Promise<void> {
		adding = true;
		const step: ModelAdding = {
			file: "Llama-3.2-3B-Instruct-Q4_K_M.gguf",
			state: "reading",
			fraction: 0,
			model: null,
			added: null,
			error: null,
		};
		for (let fraction = 0; fraction < 1; fraction += 0.03) {
			emit("modelAdding", { ...step, fraction });
			await pause();
			if (!adding) {
				const error: Problem = {
					code: "cancelled",
					message: "Adding was cancelled.",
					hint: null,
				};
				return emit("modelAdding", { ...step, state: "refused", error });
			}
		}
		const [pattern] = sampleModels(now());
		if (!pattern) return;
		const model = {
			...pattern,
			id: `added-${models.length}`,
			name: "Llama 3.2 3B Instruct",
			path: "/home/ada/Downloads/Llama-3.2-3B-Instruct-Q4_K_M.gguf",
			quantisation: "Q4_K_M",
			parametersLabel: "3.2B",
			sizeBytes: 2 * gibibyte,
			licence: "llama3.2",
			origin: "added" as const,
			isStarter: false,
			note: null,
			addedAtMs: now(),
		};
		models = [...models, model];
		emit("modelAdding", { ...step, state: "added", fraction: 1, model, added: "new" });
		emit("modelsChanged", {});
	}

	/** As the host chooses, and lists the one used last first. */
	function route(own: string | null): string {
		const forChat = models.filter((model) => model.kind === "chat");
		const byId = (id: string | null) => forChat.find((model) => model.id === id);
		const model = byId(own) ?? byId(settings.defaultModelId) ?? forChat[0];
		if (!model) {
			throw { code: "no_model", message: "No model is installed.", hint: null } satisfies Problem;
		}
		const others = models.filter((one) => one !== model);
		models = [{ ...model, lastUsedAtMs: now() }, ...others];
		return model.id;
	}

	const { call: away, ...gate } = fakeGate({
		offline: () => settings.offline,
		down: options.down ?? [],
		busy: options.busy ?? [],
		asked: (turn) => asked(turn),
	});
	const { taken, ...pictures } = fakePictures();
	const { asked, erasable, ...chats } = fakeChats({
		pictures: taken,
		defaultElsewhere: () => settings.defaultElsewhere,
		workspace: () => settings.workspaceId ?? "personal",
		away,
		now,
		pause: () => steps.pause(tokenMs),
		empty: options.empty ?? false,
		longChat: options.longChat ?? 0,
		answerError: () => options.answerError ?? null,
		changed: (id) => emit("conversationsChanged", { id }),
		route,
		answering: (modelId, busy) => setEngine(modelId, { state: busy ? "answering" : "ready" }),
	});

	const { isHeld, ...keeping } = fakeKeeping({
		now,
		pause,
		chats: erasable,
		workspaces: gate.listWorkspaces,
		restored: opened,
		empty: options.empty ?? false,
		unplugged: options.unplugged ?? false,
		putBack: options.putBack ?? false,
		spoiled: options.spoiled ?? false,
	});

	const methods: Pick<Backend, Method> = {
		...chats,
		...pictures,
		...gate,
		...fakeCosts({ now, empty: options.empty ?? false }),
		...fakeMonitor({
			now,
			empty: options.empty ?? false,
			calls: options.liveCalls ?? 2,
			news: (news) => emit("alertChanged", news),
		}),
		...fakeRecord({
			now,
			pause,
			entries: options.entries ?? 168,
			changedEntry: options.changedEntry ?? null,
			setRight: options.setRight ?? { madeAnew: [], removed: 0, strays: 0 },
		}),
		...keeping,
		...fakeApi(now, "personal"),
		...fakeArchive({
			now,
			pause,
			chats: erasable,
			lockedWith: options.lockedWith ?? null,
			spoiled: options.spoiled ?? false,
		}),
		...fakePrivacy({
			now,
			pause,
			chats: erasable,
			isHeld,
			empty: options.empty ?? false,
			leftover: options.leftover ?? false,
			inTheWay: options.inTheWay ?? false,
		}),
		startup: start,
		restoreSnapshot: opened,
		useKeyFile: opened,
		startEmpty: opened,
		quit: async () => {},
		openLink: async () => {},
		listModels: async () => models,
		addModelByDialog: addModel,
		cancelAdding: async () => void (adding = false),
		loadModel: load,
		cancelLoad: async (id) => void cancelled.add(id),
		unloadModel: async (id) => setEngine(id, null),
		removeModel: async (id, deleteFile) => {
			models = models.filter((model) => model.id !== id);
			setEngine(id, null);
			emit("modelsChanged", {});
			return deleteFile;
		},
		engineStatus: async () => engines,
		computer: async () => sampleComputer,
		getSettings: async () => settings,
		setSettings: async (changed) => (settings = changed),
		storage: async () => ({
			dataFolder: "/home/ada/.local/share/gatehouse",
			databaseBytes: 3_518_464,
			snapshots,
			keyHome: options.keyHome ?? "keychain",
			schema: 3,
			lastUpdateUndo: snapshots.find((snapshot) => snapshot.reason === "before_update") ?? null,
		}),
		makeSnapshot: async () => {
			const made: SnapshotInfo = {
				name: `by-hand-${snapshots.length}`,
				madeAtMs: now(),
				bytes: 3_518_464,
				reason: "by_hand",
				schema: 3,
			};
			snapshots = [made, ...snapshots];
			return made;
		},
		undoUpdate: async () => {},
		openDataFolder: async () => {},
	};

	// Every call is noted and may be told to fail, in one place for all methods.
	for (const method of Object.keys(methods) as Method[]) {
		const real = methods[method] as (...args: unknown[]) => Promise<unknown>;
		(methods as Record<Method, unknown>)[method] = async (...args: unknown[]) => {
			calls.push({ method, args });
			const failure = failures.get(method);
			if (failure) throw failure;
			return real(...args);
		};
	}

	return {
		...methods,
		calls,
		halt: steps.halt,
		goOn: steps.goOn,
		emit,
		fail(method, error) {
			if (error) failures.set(method, error);
			else failures.delete(method);
		},
		listening: async () => {},
		on(name, handler) {
			const known = handlers.get(name) ?? new Set();
			handlers.set(name, known.add(handler as (payload: never) => void));
			return () => void known.delete(handler as (payload: never) => void);
		},
	};
}

const problemMessages: Record<StartupCode, string> = {
	damaged: "The database is not readable: page 12 fails its check.",
	damaged_in_part: "Page 812 of the database fails its check.",
	key_missing: "The keychain has no key named Gatehouse.",
	key_wrong: "The key in the keychain does not open the database.",
	keychain_locked: "The keychain did not answer within 20 seconds.",
	keychain_missing: "No keychain service is running.",
	keys_in_two_places:
		"instance.json says that the keys are in files, but this computer's keychain has the key of this data folder.",
	newer: "The database has schema 7; this version knows up to 3.",
	already_open: "Another window (process 4182) holds the data folder.",
	busy: "Another Gatehouse process is busy with the database. Try again.",
	disk_full: "No space left on the disk of /home/ada/.local/share/gatehouse.",
	not_writable: "Permission denied: /home/ada/.local/share/gatehouse.",
	migration_failed: "Step 4 of the update failed: disk I/O error.",
	internal: "Unexpected: the lock file is a folder.",
};

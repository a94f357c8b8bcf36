// The shapes that cross from the host to the interface and back.

export type IpcError = { code: ErrorCode; message: string; hint: string | null };
export type ErrorCode =
	| "model_missing"
	| "model_refused"
	| "model_too_large"
	| "no_model"
	| "prompt_too_long"
	| "engine_died"
	| "bad_constraint"
	| "disk_full"
	| "not_found"
	| "invalid_input"
	| "busy"
	| "cancelled"
	| "internal";

export type KeyHome = "keychain" | "file";
export type StartupProblem =
	| "damaged"
	| "key_missing"
	| "key_wrong"
	| "keychain_locked"
	| "keychain_missing"
	| "newer"
	| "already_open"
	| "disk_full"
	| "not_writable"
	| "migration_failed"
	| "internal";
export type Startup =
	| {
			state: "ready";
			version: string;
			dataFolder: string;
			keyHome: KeyHome;
			updatedFrom: string | null;
	  }
	| {
			state: "problem";
			code: StartupProblem;
			message: string;
			hint: string | null;
			dataFolder: string;
			snapshots: SnapshotInfo[];
			canRetry: boolean;
	  };
export type SnapshotInfo = {
	name: string;
	madeAtMs: number;
	bytes: number;
	reason: "daily" | "before_update" | "by_hand";
	schema: number;
};

export type Role = "system" | "user" | "assistant";
export type Route = "local" | "masked" | "cloud" | "blocked";
export type ConversationSummary = {
	id: string;
	title: string | null;
	createdAtMs: number;
	updatedAtMs: number;
	messageCount: number;
	model: string | null;
	route: Route;
	cost: string | null;
	preview: string;
};
export type Conversation = {
	id: string;
	title: string | null;
	createdAtMs: number;
	updatedAtMs: number;
	systemPrompt: string;
	sampling: Sampling;
	modelId: string | null;
	draft: string;
};
export type ConversationOptions = {
	systemPrompt: string;
	sampling: Sampling;
	modelId: string | null;
};
export type Message = {
	id: string;
	parentId: string | null;
	role: Role;
	text: string;
	state: "done" | "streaming" | "stopped" | "failed" | "interrupted";
	error: IpcError | null;
	createdAtMs: number;
	rating: Rating | null;
	/** Ids with the same parent in order of creation, this one included. */
	siblings: string[];
	call: CallSummary | null;
};
export type Rating = "good" | "bad";
export type CallSummary = {
	number: number;
	model: string;
	route: Route;
	promptTokens: number;
	cachedTokens: number;
	outputTokens: number;
	tokensPerSecond: number | null;
	firstTokenMs: number | null;
	durationMs: number;
	cost: string | null;
	measured: boolean;
	droppedMessages: number;
	finish: FinishReason | null;
};
export type FinishReason =
	"end_of_answer" | "stop_text" | "max_tokens" | "context_full" | "cancelled";
export type Sampling = {
	temperature: number;
	topK: number;
	topP: number;
	minP: number;
	repeatPenalty: number;
	repeatLast: number;
	frequencyPenalty: number;
	presencePenalty: number;
	seed: number | null;
	stop: string[];
	maxTokens: number | null;
};
/** The shown branch of a conversation, root first. */
export type Thread = { conversation: Conversation; messages: Message[] };
export type SearchHit = {
	conversationId: string;
	messageId: string | null;
	title: string | null;
	snippet: SnippetPart[];
	atMs: number;
};
export type SnippetPart = { text: string; hit: boolean };
export type Preset = { id: string; name: string; systemPrompt: string; sampling: Sampling };
export type TokenCount = { tokens: number; exact: boolean };
export type AnswerEvent =
	| { type: "begun"; question: Message | null; answer: Message }
	| { type: "loading"; fraction: number }
	| { type: "waiting" }
	| { type: "reading"; read: number; total: number }
	| { type: "started"; promptTokens: number; cachedTokens: number; droppedMessages: number }
	| { type: "text"; text: string; tokens: number }
	| { type: "ended"; answer: Message };

export type InstalledModel = {
	id: string;
	name: string;
	path: string;
	kind: "chat" | "embedding";
	origin: "starter" | "added";
	sizeBytes: number;
	quantisation: string;
	parameters: number;
	parametersLabel: string;
	/** What it was trained for; null where the file does not say. */
	contextTokens: number | null;
	architecture: string;
	licence: string | null;
	author: string | null;
	source: string | null;
	languages: string[];
	hasChatTemplate: boolean;
	sha256: string;
	fileState: "present" | "missing" | "changed";
	memory: MemoryPlan;
	isStarter: boolean;
	note: string | null;
	addedAtMs: number;
	lastUsedAtMs: number | null;
};
export type MemoryPlan = {
	contextTokens: number;
	sequences: number;
	weightsBytes: number;
	kvCacheBytes: number;
	overheadBytes: number;
	totalBytes: number;
	verdict: "fits" | "tight" | "too_large";
	reason: string;
};
export type EngineStatus = {
	modelId: string;
	state: "loading" | "ready" | "answering" | "failed";
	fraction: number;
	contextTokens: number;
	sequences: number;
	memoryBytes: number;
	error: IpcError | null;
};
export type ModelAdding = {
	file: string;
	state: "reading" | "added" | "refused";
	fraction: number;
	model: InstalledModel | null;
	error: IpcError | null;
};
export type Computer = {
	memoryBytes: number;
	memoryFreeBytes: number;
	physicalCores: number;
	processor: string;
};

export type Theme = "system" | "light" | "dark";
export type SendKey = "enter" | "ctrl_enter";
export type Settings = {
	theme: Theme;
	sendKey: SendKey;
	automaticTitles: boolean;
	defaultModelId: string | null;
	/** 0: never. */
	idleUnloadMinutes: number;
	contextTokens: number;
	/** null: the physical cores. */
	threads: number | null;
};
export type Storage = {
	dataFolder: string;
	databaseBytes: number;
	snapshots: SnapshotInfo[];
	keyHome: KeyHome;
	schema: number;
	lastUpdateUndo: SnapshotInfo | null;
};

export type ConversationsChanged = { id: string | null };
export type ModelDragging = { over: boolean };

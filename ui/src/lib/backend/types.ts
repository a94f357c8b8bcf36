// The host's types as the interface uses them. They are generated; this file only gives some of
// them their name here and says what the generator cannot.

import type * as host from "./bindings";

export type {
	AnswerEvent,
	CallSummary,
	Computer,
	ConversationsChanged,
	ConversationSummary,
	EngineStatus,
	ExportFormat,
	InstalledModel,
	KeyHome,
	MemoryPlan,
	Message,
	ModelAdding,
	ModelDragging,
	ModelsChanged,
	Rating,
	Route,
	SearchHit,
	SnapshotInfo,
	SnippetPart,
	Startup,
	StartupCode,
	Storage,
	Theme,
	TokenCount,
} from "./bindings";

export type IpcError = host.Problem;
export type ErrorCode = host.ProblemCode;

/**
 * What the host answers has every field. The generator marks those with a default as optional,
 * because they may be left out where the interface sends them.
 */
export type Complete<T> = T extends object ? { [Key in keyof T]-?: Complete<T[Key]> } : T;

export type Conversation = Complete<host.Conversation>;
export type ConversationOptions = Complete<host.Options>;
export type Preset = Complete<host.Preset>;
export type Sampling = Complete<host.Sampling>;
export type Settings = Complete<host.Settings>;
/** The shown branch of a conversation, root first. */
export type Thread = Complete<host.Thread>;

// Written in the form that tauri-specta generates, until the host's build writes this file.
import { invoke as __TAURI_INVOKE, Channel } from "@tauri-apps/api/core";
import * as __TAURI_EVENT from "@tauri-apps/api/event";

import type { ExportFormat } from "./backend";
import type {
	AnswerEvent, Computer, Conversation, ConversationOptions, ConversationsChanged, ConversationSummary,
	EngineStatus, InstalledModel, IpcError, ModelAdding, ModelDragging, Preset, Rating, Sampling, SearchHit,
	Settings, SnapshotInfo, Startup, Storage, Thread, TokenCount,
} from "./types";

export const commands = {
	startup: () => typedError<Startup, IpcError>(__TAURI_INVOKE("startup")),
	retryStartup: () => typedError<Startup, IpcError>(__TAURI_INVOKE("retry_startup")),
	restoreSnapshot: (name: string) => typedError<Startup, IpcError>(__TAURI_INVOKE("restore_snapshot", { name })),
	quit: () => typedError<null, IpcError>(__TAURI_INVOKE("quit")),
	listConversations: () => typedError<ConversationSummary[], IpcError>(__TAURI_INVOKE("list_conversations")),
	searchConversations: (query: string) => typedError<SearchHit[], IpcError>(__TAURI_INVOKE("search_conversations", { query })),
	createConversation: () => typedError<Conversation, IpcError>(__TAURI_INVOKE("create_conversation")),
	openConversation: (id: string) => typedError<Thread, IpcError>(__TAURI_INVOKE("open_conversation", { id })),
	renameConversation: (id: string, title: string) => typedError<null, IpcError>(__TAURI_INVOKE("rename_conversation", { id, title })),
	deleteConversation: (id: string) => typedError<null, IpcError>(__TAURI_INVOKE("delete_conversation", { id })),
	restoreConversation: (id: string) => typedError<null, IpcError>(__TAURI_INVOKE("restore_conversation", { id })),
	setConversationOptions: (id: string, options: ConversationOptions) => typedError<Conversation, IpcError>(__TAURI_INVOKE("set_conversation_options", { id, options })),
	sendMessage: (conversationId: string, text: string, onEvent: Channel<AnswerEvent>) => typedError<null, IpcError>(__TAURI_INVOKE("send_message", { conversationId, text, onEvent })),
	regenerate: (messageId: string, onEvent: Channel<AnswerEvent>) => typedError<null, IpcError>(__TAURI_INVOKE("regenerate", { messageId, onEvent })),
	editMessage: (messageId: string, text: string, onEvent: Channel<AnswerEvent>) => typedError<null, IpcError>(__TAURI_INVOKE("edit_message", { messageId, text, onEvent })),
	stopAnswer: (conversationId: string) => typedError<null, IpcError>(__TAURI_INVOKE("stop_answer", { conversationId })),
	switchBranch: (messageId: string) => typedError<Thread, IpcError>(__TAURI_INVOKE("switch_branch", { messageId })),
	rateMessage: (messageId: string, rating: Rating | null) => typedError<null, IpcError>(__TAURI_INVOKE("rate_message", { messageId, rating })),
	exportConversation: (id: string, format: ExportFormat) => typedError<string | null, IpcError>(__TAURI_INVOKE("export_conversation", { id, format })),
	importConversations: () => typedError<string[] | null, IpcError>(__TAURI_INVOKE("import_conversations")),
	saveDraft: (conversationId: string | null, text: string) => typedError<null, IpcError>(__TAURI_INVOKE("save_draft", { conversationId, text })),
	newChatDraft: () => typedError<string, IpcError>(__TAURI_INVOKE("new_chat_draft")),
	countTokens: (conversationId: string | null, text: string) => typedError<TokenCount, IpcError>(__TAURI_INVOKE("count_tokens", { conversationId, text })),
	listPresets: () => typedError<Preset[], IpcError>(__TAURI_INVOKE("list_presets")),
	savePreset: (name: string, systemPrompt: string, sampling: Sampling) => typedError<Preset, IpcError>(__TAURI_INVOKE("save_preset", { name, systemPrompt, sampling })),
	deletePreset: (id: string) => typedError<null, IpcError>(__TAURI_INVOKE("delete_preset", { id })),
	openLink: (url: string) => typedError<null, IpcError>(__TAURI_INVOKE("open_link", { url })),
	listModels: () => typedError<InstalledModel[], IpcError>(__TAURI_INVOKE("list_models")),
	addModelByDialog: () => typedError<null, IpcError>(__TAURI_INVOKE("add_model_by_dialog")),
	cancelAdding: () => typedError<null, IpcError>(__TAURI_INVOKE("cancel_adding")),
	loadModel: (id: string) => typedError<null, IpcError>(__TAURI_INVOKE("load_model", { id })),
	cancelLoad: (id: string) => typedError<null, IpcError>(__TAURI_INVOKE("cancel_load", { id })),
	unloadModel: (id: string) => typedError<null, IpcError>(__TAURI_INVOKE("unload_model", { id })),
	removeModel: (id: string, deleteFile: boolean) => typedError<null, IpcError>(__TAURI_INVOKE("remove_model", { id, deleteFile })),
	engineStatus: () => typedError<EngineStatus[], IpcError>(__TAURI_INVOKE("engine_status")),
	computer: () => typedError<Computer, IpcError>(__TAURI_INVOKE("computer")),
	getSettings: () => typedError<Settings, IpcError>(__TAURI_INVOKE("get_settings")),
	setSettings: (settings: Settings) => typedError<Settings, IpcError>(__TAURI_INVOKE("set_settings", { settings })),
	storage: () => typedError<Storage, IpcError>(__TAURI_INVOKE("storage")),
	makeSnapshot: () => typedError<SnapshotInfo, IpcError>(__TAURI_INVOKE("make_snapshot")),
	undoUpdate: () => typedError<null, IpcError>(__TAURI_INVOKE("undo_update")),
	openDataFolder: () => typedError<null, IpcError>(__TAURI_INVOKE("open_data_folder")),
};

export const events = {
	conversationsChanged: makeEvent<ConversationsChanged>("conversations-changed"),
	modelAdding: makeEvent<ModelAdding>("model-adding"),
	modelsChanged: makeEvent<unknown>("models-changed"),
	enginesChanged: makeEvent<EngineStatus[]>("engines-changed"),
	modelDragging: makeEvent<ModelDragging>("model-dragging"),
};

async function typedError<T, E>(result: Promise<T>): Promise<{ status: "ok"; data: T } | { status: "error"; error: E }> {
	try {
		return { status: "ok", data: await result };
	} catch (e) {
		if (e instanceof Error) throw e;
		return { status: "error", error: e as any };
	}
}

function makeEvent<T>(name: string) {
	return { listen: (cb: __TAURI_EVENT.EventCallback<T>) => __TAURI_EVENT.listen<T>(name, cb) };
}
